#include "tests/scenario/client_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/epoll_transport.h"
#include "base/log.h"
#include "tests/scenario/wire_client.h"
#include "tools/client/client.h"

namespace talkbeat::scenario {
namespace {

// Tells what happens to the client, and speaks for it.
class Narrator final : public ClientListener {
 public:
  Narrator(int out, const ClientProcess::Plan& plan) : out_(out), plan_(plan) {}

  void on_state(ClientState state, const std::string& why) override {
    say(std::string(to_string(state)) + (why.empty() ? "" : " " + why));
    if (state == ClientState::kOnline && plan_.say_to != 0 && !timer_.armed() && said_ == 0) {
      timer_.start_every(plan_.say_every.count());
    }
  }
  void on_message(const ReceivedMessage& message) override {
    if (!message.mine) say("heard " + std::to_string(message.msg_id) + " " + message.body);
  }
  void on_sent(uint64_t /*local_id*/, uint32_t msg_id) override { say("stored " + std::to_string(msg_id)); }
  void on_send_failed(uint64_t /*local_id*/, ErrorCode /*code*/, const std::string& text) override {
    say("refused " + text);
  }

  void run() {
    client_.start();
    loop_.run();
  }

 private:
  // One write a line, which a pipe takes whole.
  void say(const std::string& line) const {
    const std::string bytes = line + "\n";
    if (write(out_, bytes.data(), bytes.size()) < 0) _exit(1);
  }
  void speak() {
    client_.send_text(plan_.say_to, std::to_string(++said_));
    say("said " + std::to_string(said_));
    if (said_ == plan_.say_count) timer_.cancel();
  }

  const int out_;
  const ClientProcess::Plan& plan_;
  int said_ = 0;
  SystemClock clock_;
  SystemRng rng_;
  EpollTransport transport_;
  EventLoop loop_{clock_, transport_};
  ClientNetwork network_{loop_, rng_};
  Client client_{network_, plan_.options, *this};
  Timer timer_{loop_.timers(), [this] { speak(); }};
};

[[noreturn]] void live(int out, const ClientProcess::Plan& plan) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  LogConfig quiet;
  quiet.level = LogLevel::kError;
  if (!configure_logging(quiet).ok()) _exit(1);
  Narrator(out, plan).run();
  _exit(0);
}

}  // namespace

ClientProcess::ClientProcess(const Plan& plan) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw Unexpected("pipe");
  pid_ = fork();
  if (pid_ < 0) throw Unexpected("fork");
  if (pid_ == 0) live(ends[1], plan);
  close(ends[1]);
  out_ = ends[0];
  fcntl(out_, F_SETFL, O_NONBLOCK);
}

ClientProcess::~ClientProcess() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  close(out_);
}

void ClientProcess::signal(int number) const {
  kill(pid_, number);
}

const std::vector<std::string>& ClientProcess::lines() {
  char buffer[4096];
  ssize_t count = 0;
  while ((count = read(out_, buffer, sizeof buffer)) > 0) partial_.append(buffer, static_cast<size_t>(count));
  size_t end = 0;
  while ((end = partial_.find('\n')) != std::string::npos) {
    lines_.push_back(partial_.substr(0, end));
    partial_.erase(0, end + 1);
  }
  return lines_;
}

std::vector<std::string> ClientProcess::told(const std::string& beginning) {
  std::vector<std::string> rest;
  for (const std::string& line : lines()) {
    if (line.starts_with(beginning)) rest.push_back(line.substr(std::min(line.size(), beginning.size() + 1)));
  }
  return rest;
}

void ClientProcess::await(const std::string& beginning, size_t count, milliseconds timeout) {
  try {
    wait_until(
        std::to_string(count) + " times \"" + beginning + "\"", [&] { return times(beginning) >= count; }, timeout);
  } catch (const Unexpected& late) {
    std::string text = late.what();
    for (const std::string& line : lines_) text += "\n  " + line;
    throw Unexpected(text);
  }
}

ClientOptions quick_client(const std::string& user, const Address& msg_server) {
  ClientOptions options;
  options.msg_server = msg_server;
  options.user = user;
  options.password = kPassword;
  options.heartbeat_interval_ms = 500;
  options.response_timeout_ms = 1'500;
  options.connect_timeout_ms = 1'000;
  options.login_timeout_ms = 5'000;
  options.backoff = {.first_ms = 50, .max_ms = 300};
  return options;
}

}  // namespace talkbeat::scenario
