// A msg_server's HTTP port with the administration API, asked by somebody who has the key (and, by raw bytes, by
// others). The input is a script; a kPdu step is a request: its number says which row of the API's table, its body is
// what stands in place of {} and as query, up to the first line feed, and then the request's body.

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "base/check.h"
#include "msg_server/admin/routes.h"
#include "tests/fuzz/http_world.h"
#include "tests/fuzz/msg_server_world.h"
#include "tests/fuzz/script_mutator.h"

namespace talkbeat::fuzz {
namespace {

constexpr std::array<std::string_view, 3> kPages{"/healthz", "/readyz", "/metrics"};

/// A key that the server can read, for as long as the process lives.
class KeyFile {
 public:
  KeyFile() {
    std::ofstream(path_) << key();
    CHECK(::chmod(path_.c_str(), 0600) == 0);
  }
  ~KeyFile() { ::unlink(path_.c_str()); }
  static std::string key() { return std::string(64, 'a'); }
  const std::string& path() const { return path_; }

 private:
  const std::string path_ = "/dev/shm/talkbeat_fuzz_key_" + std::to_string(::getpid());
};

class AdminWorld final : public HttpWorld {
 public:
  AdminWorld() { CHECK(server_.start().ok()); }

 private:
  static MsgServerConfig config() {
    static const KeyFile key_file;
    MsgServerConfig config = MsgServerGround::config();
    config.admin.key_file = key_file.path();
    config.admin.max_body = 4 << 10;
    config.admin.max_list = 10;
    config.admin.broadcast_batch = 2;
    return config;
  }
  StreamPtr open(uint8_t /*number*/) override { return network.dial(config_.http_listen.port, "127.0.0.1"); }
  Request request_of(uint16_t number, const std::string& text) override {
    const auto routes = admin::admin_routes();
    const size_t row = number % (routes.size() + kPages.size());
    if (row >= routes.size()) return request("GET", kPages[row - routes.size()], "", "");
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view part = std::string_view(text).substr(0, end);
    const std::string_view body = std::string_view(text).substr(std::min(end + 1, text.size()));
    return request(routes[row].method, target_of(routes[row].pattern, part), kHeaders, body);
  }
  // "7?a=b": 7 in place of {}, and the query behind the path.
  static std::string target_of(std::string_view pattern, std::string_view part) {
    const size_t query = std::min(part.find('?'), part.size());
    std::string target(pattern);
    const size_t at = target.find("{}");
    if (at != std::string::npos) target.replace(at, 2, part.substr(0, query));
    return target.append(part.substr(query));
  }
  void run_workers() override { ground_.run(); }
  void hold_workers(uint8_t bits) override { ground_.hold(bits); }
  void stop() override { server_.stop(); }
  bool stopped() const override { return server_.stopped(); }
  void check_end() override { CHECK(balanced(server_.ledger())); }

  inline static const std::string kHeaders =
      "Authorization: Bearer " + KeyFile::key() + "\r\nContent-Type: application/json\r\n";
  const MsgServerConfig config_ = config();
  MsgServerGround ground_{loop, clock};
  MsgServer server_{loop,        ground_.store,   ground_.hashing, ground_.files,
                    ground_.rng, ground_.metrics, config_,         MsgServerGround::key()};
};

}  // namespace

std::span<const uint16_t> script_commands() {
  static const std::vector<uint16_t> numbers = [] {
    std::vector<uint16_t> made;
    for (size_t i = 0; i < admin::admin_routes().size() + kPages.size(); ++i) made.push_back(static_cast<uint16_t>(i));
    return made;
  }();
  return numbers;
}

}  // namespace talkbeat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  talkbeat::fuzz::AdminWorld().play({data, size});
  return 0;
}
