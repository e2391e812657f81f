#include <unistd.h>

#include <csignal>
#include <vector>

#include "tools/talkcheck/checks.h"

namespace talkbeat::check {

namespace {

constexpr size_t kPeers = 4;

volatile pid_t stopped_pid = 0;

// Whatever ends this program, the server goes on.
extern "C" void let_go_and_end(int number) {
  if (stopped_pid != 0) ::kill(stopped_pid, SIGCONT);
  ::_exit(128 + number);
}

/// A process is stopped for as long as this lives.
class Stopped {
 public:
  explicit Stopped(pid_t pid) {
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::signal(number, let_go_and_end);
    stopped_pid = pid;
    require(::kill(pid, SIGSTOP) == 0, "process " + std::to_string(pid) + " cannot be stopped");
  }
  ~Stopped() {
    ::kill(stopped_pid, SIGCONT);
    stopped_pid = 0;
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::signal(number, SIG_DFL);
  }
  Stopped(const Stopped&) = delete;
  Stopped& operator=(const Stopped&) = delete;
};

}  // namespace

Task<std::string> stopped_server_closes_nobody(Context& c) {
  std::vector<Session> clients = co_await c.sessions.open_some(std::min(kPeers, c.sessions.capacity()));
  const Tick stopped_for = c.timings.idle_timeout * 6 / 5;
  {
    const Stopped server(c.targets.pid);
    const Tick until = c.now() + stopped_for;
    while (c.now() < until) {
      for (Session& client : clients) client->send(IM::Other::IMHeartBeat());
      co_await c.sleep(c.timings.beat_pause(Device::kPc));
    }
  }
  co_await c.sleep(c.timings.tolerance);
  for (Session& client : clients) {
    require(client->open(), client->ending());
    co_await client->ask_time();
  }
  co_return "stopped for " + seconds(stopped_for) + ": all " + std::to_string(clients.size()) + " still there";
}

}  // namespace talkbeat::check
