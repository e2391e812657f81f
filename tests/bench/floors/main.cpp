#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tests/bench/floors/raw_load.h"
#include "tests/bench/floors/wake_lag.h"

// The floor: what passing bytes on, or giving them back, costs on this machine when the server does nothing else. It
// starts a server process, loads it, and prints what that has cost. See --help.
namespace talkbeat::bench {
namespace {

constexpr const char* kDescription =
    "What relaying or echoing frames costs on this machine when the server does nothing else: no identity, no limits, "
    "no liveness, no storage. Starts such a server on a free port of the loopback, loads it, prints one line of JSON "
    "(server_cpu_s_per_million is the floor), and ends it. `wake` needs no server: how late any thread is woken "
    "here.\n\n"
    "  floor relay --pairs 100 --window 16\n"
    "  floor echo --links 10000 --rate 2000 --size 16\n"
    "  floor visit --links 64 --size 150\n"
    "  floor wake --beside 1";

int listen_on_loopback(uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool ok = fd >= 0 && ::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                  ::listen(fd, 4'096) == 0 && ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (!ok) return -1;
  port = ntohs(address.sin_port);
  return fd;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

nlohmann::json measure(const RawLoad& load) {
  raise_descriptor_limit();
  uint16_t port = 0;
  const int listener = listen_on_loopback(port);
  if (listener < 0) return {{"error", "no port to listen on"}};
  const pid_t server = ::fork();
  if (server == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    serve_raw(listener, load.kind);
  }
  ::close(listener);
  const RawFigures figures = load_raw(load, port, server);
  ::kill(server, SIGKILL);
  ::waitpid(server, nullptr, 0);
  const auto frames = static_cast<double>(figures.frames);
  return {{"frames", figures.frames},
          {"seconds", figures.seconds},
          {"rate", frames / figures.seconds},
          {"server_cpu_s", figures.server_cpu_s},
          {"server_cpu_s_per_million", figures.server_cpu_s / frames * 1e6}};
}

nlohmann::json measure(const WakeLoad& load) {
  const WakeFigures figures = measure_wake_lag(load);
  return {{"turns", figures.turns}, {"p99_ms", figures.p99_ms}, {"worst_ms", figures.worst_ms}};
}

int run(int argc, char** argv) {
  CLI::App app(kDescription, "floor");
  app.require_subcommand(1);
  RawLoad load;
  uint32_t pairs = load.links / 2;
  CLI::App* relay = app.add_subcommand("relay", "a closed loop of frames from the first of each pair to the second");
  relay->add_option("--pairs", pairs, "how many pairs")->capture_default_str()->check(CLI::Range(1, 9'000));
  relay->add_option("--window", load.window, "frames of a pair on the way")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000));
  CLI::App* echo = app.add_subcommand("echo", "an open loop of frames that come back, as heartbeats do");
  echo->add_option("--links", load.links, "how many connections")->capture_default_str()->check(CLI::Range(1, 19'000));
  echo->add_option("--rate", load.rate, "frames a second in all")->capture_default_str()->check(CLI::PositiveNumber);
  echo->add_option("--slot", load.slot_s, "seconds: what is due is sent so often")
      ->capture_default_str()
      ->check(CLI::Range(0.001, 10.0));
  CLI::App* visit = app.add_subcommand("visit", "connections that come, send one frame, have it back, and go");
  visit->add_option("--links", load.links, "how many at a time")->capture_default_str()->check(CLI::Range(1, 1'000));
  CLI::App* wake = app.add_subcommand("wake", "how late a thread is woken that sleeps for 2 ms at a time");
  WakeLoad wakes;
  wake->add_option("--beside", wakes.beside, "processes that only compute meanwhile")
      ->capture_default_str()
      ->check(CLI::Range(0, 64));
  wake->add_option("--duration", wakes.duration_s, "seconds")->capture_default_str()->check(CLI::Range(0.1, 600.0));
  for (CLI::App* command : {relay, echo, visit}) {
    command->add_option("--size", load.size, "bytes of a frame")->capture_default_str()->check(CLI::Range(16, 65'536));
    command->add_option("--duration", load.duration_s, "seconds")->capture_default_str()->check(CLI::Range(0.1, 600.0));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  load.kind = relay->parsed() ? RawKind::kRelay : visit->parsed() ? RawKind::kVisit : RawKind::kEcho;
  if (relay->parsed()) load.links = 2 * pairs;
  const nlohmann::json figures = wake->parsed() ? measure(wakes) : measure(load);
  std::printf("%s\n", figures.dump().c_str());
  return figures.contains("error") ? 1 : 0;
}

}  // namespace
}  // namespace talkbeat::bench

int main(int argc, char** argv) {
  return talkbeat::bench::run(argc, argv);
}
