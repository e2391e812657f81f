#include "tools/talkctl/drain_command.h"

#include <unistd.h>

#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "base/json_text.h"
#include "base/option_value.h"
#include "tools/talkctl/admin_client.h"
#include "tools/talkctl/http_call.h"

namespace talkbeat {

namespace {

using Json = nlohmann::ordered_json;

constexpr Tick kLookMs = 100;
constexpr Tick kLineMs = 5'000;
constexpr Tick kSpareMs = 15'000;  // over what the server says, for its last commits and goodbyes

/// What a msg_server says of its leaving.
struct Leaving {
  uint64_t epoch = 0;
  size_t clients_left = 0;
  Tick closes_in_ms = 0;
};

std::string seconds(Tick ms) {
  return std::to_string((ms + 500) / 1'000) + " s";
}

std::string clients(size_t count) {
  return std::to_string(count) + (count == 1 ? " client" : " clients");
}

std::optional<int> index_of(const ClusterFiles& files, const std::string& name) {
  for (int i = 0; i < files.msg_servers; ++i) {
    if (name == "msg_server_" + std::to_string(i)) return i;
  }
  return std::nullopt;
}

Error no_such_server(const ClusterFiles& files, const std::string& name) {
  if (name.starts_with("login_server"))
    return Error{name + " has no clients to drain: tools/restart.sh --rolling restarts it"};
  const std::string last = "msg_server_" + std::to_string(files.msg_servers - 1);
  return Error{"no " + name + " in " + files.dir + ": there is " +
               (files.msg_servers == 1 ? last : "msg_server_0 to " + last)};
}

/// What a look at it has come to.
struct Sight {
  std::optional<Leaving> leaving{};  ///< nothing: it has not answered
  bool may_run = true;               ///< false: it has certainly gone
};

// A report that tells nothing of leaving is of a process that has been started since.
Sight look(const ClusterFiles& files, const std::string& name, const Address& server) {
  const HttpOutcome answer = http_call(server, {.path = "/healthz"});
  if (answer.status != 200) return {.may_run = files.may_run(name, answer)};
  const Json report = Json::parse(answer.body, nullptr, false);
  if (!report.is_object()) return {};
  return {.leaving = Leaving{report.value("epoch", uint64_t{0}), report.value("clients_left", size_t{0}),
                             report.value("closes_in_ms", Tick{0})}};
}

/// Waits for one server, and tells about it.
class Watch {
 public:
  Watch(const ClusterFiles& files, const DrainOptions& options, const Address& server, const Leaving& first)
      : files_(files), options_(options), server_(server), first_(first), last_(first) {
    timeout_ms_ = options.timeout_ms > 0 ? options.timeout_ms : first.closes_in_ms + kSpareMs;
  }

  Status wait() {
    show();
    while (!gone()) {
      if (passed() > timeout_ms_) return late();
      show();
      std::this_thread::sleep_for(std::chrono::milliseconds(kLookMs));
    }
    finish();
    return {};
  }

 private:
  Tick passed() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun_).count();
  }
  bool on_terminal() const { return !options_.json && ::isatty(STDOUT_FILENO) != 0; }

  // Its port is closed and its process, as far as that is known here, has ended; or another one is there in its place.
  bool gone() {
    const Sight now = look(files_, options_.server, server_);
    answers_ = now.leaving.has_value();
    if (!answers_) return !now.may_run;
    if (now.leaving->epoch != first_.epoch) return true;
    last_ = *now.leaving;
    return false;
  }
  void show() {
    if (options_.json) return;
    const std::string line = options_.server + " leaves: " + clients(last_.clients_left) + " left";
    if (on_terminal()) {
      std::cout << "\r\x1b[K" << line << std::flush;
    } else if (passed() >= next_line_ms_) {
      next_line_ms_ += kLineMs;
      std::cout << line << std::endl;
    }
  }
  void finish() const {
    if (options_.json) {
      const Json report{{"name", options_.server}, {"left", true}, {"clients", first_.clients_left}, {"ms", passed()}};
      std::cout << json_text(report) << "\n";
      return;
    }
    if (on_terminal()) std::cout << "\r\x1b[K";
    std::cout << options_.server << " has left, after " << seconds(passed()) << "\n";
  }
  Error late() const {
    if (on_terminal()) std::cout << "\r\x1b[K" << std::flush;
    if (!answers_) {
      return Error{options_.server + " has not left after " + seconds(timeout_ms_) +
                   ", and does not answer: it may hang; SIGINT ends it"};
    }
    return Error{options_.server + " has not left after " + seconds(timeout_ms_) + " (" + clients(last_.clients_left) +
                 " left, closed in " + seconds(last_.closes_in_ms) + "); SIGINT ends it at once"};
  }

  const ClusterFiles& files_;
  const DrainOptions& options_;
  const Address server_;
  const Leaving first_;
  Leaving last_;
  bool answers_ = true;
  Tick timeout_ms_ = 0;
  Tick next_line_ms_ = 0;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace

Status drain_server(const ClusterFiles& files, const DrainOptions& options) {
  const std::optional<int> index = index_of(files, options.server);
  if (!index) return no_such_server(files, options.server);
  const Address server = files.msg_server_http(*index);
  const Result<std::string> key = read_admin_key(files);
  if (!key.ok()) return Error{key.message()};
  const auto [before, may_run] = look(files, options.server, server);
  if (!before) {
    return Error{options.server + (may_run ? " does not answer: it may hang; SIGINT ends it" : " does not run")};
  }
  const Result<std::string> begun = http_post(server, "/api/drain", key.value());
  if (!begun.ok()) return Error{options.server + " cannot be drained: " + begun.message()};
  // One without clients has gone by now.
  Leaving first = look(files, options.server, server).leaving.value_or(*before);
  if (first.epoch != before->epoch) first = *before;
  if (options.wait) return Watch(files, options, server, first).wait();
  if (options.json) {
    std::cout << json_text({{"name", options.server}, {"left", false}, {"clients", first.clients_left}}) << "\n";
  } else {
    std::cout << options.server << " leaves: " << clients(first.clients_left) << " left, closed in "
              << seconds(first.closes_in_ms) << "\n";
  }
  return {};
}

}  // namespace talkbeat
