// login_server: tells clients which msg_server to use, and connects the msg_servers with each other.

#include <iostream>
#include <utility>

#include "base/command_line.h"
#include "base/epoll_transport.h"
#include "base/log.h"
#include "base/memory_return.h"
#include "base/reload.h"
#include "base/service_manager.h"
#include "base/signals.h"
#include "base/stall_log.h"
#include "base/thread_executor.h"
#include "login_server/login_server.h"

namespace talkbeat::login {
namespace {

const ServerDescription kDescription{
    .name = "login_server",
    .purpose =
        "login_server tells clients which msg_server to use, knows where each user is online, and carries PDUs between "
        "the msg_servers. It keeps the pictures that clients send each other, and nothing else.",
    .example = "login_server --config conf/login_server.toml",
};

constexpr int kExitFailed = 1;

int fail(const std::string& message, int exit_code = kExitFailed) {
  std::cerr << kDescription.name << ": " << message << "\n";
  return exit_code;
}

std::vector<SecretFile> secret_files(const LoginServerConfig& config) {
  return {{"cluster.key_file", config.cluster.link.key_file, "cluster key", "tools/start.sh makes one"},
          key_file(config.tls)};
}

int run(const LoginServerConfig& config, OptionTable& table) {
  const Result<ClusterKey> key = ClusterKey::load(config.cluster.link.key_file);
  if (!key.ok()) return fail(key.message(), kExitUsage);
  if (const Status status = check(config.tls); !status.ok()) return fail(status.message(), kExitUsage);
  if (const Status status = configure_logging(config.log); !status.ok()) return fail(status.message(), kExitUsage);
  warn_of_root();

  SystemClock clock;
  SystemRng rng;
  EpollTransport transport;
  EventLoop loop(clock, transport);
  Metrics metrics(clock);
  ServiceManager manager(loop.timers());
  LoginServer* running = nullptr;
  bool asked_to_stop = false;
  Signals signals(loop, {SIGTERM, SIGINT, SIGHUP}, [&](int number) {
    if (running == nullptr) return;
    if (number == SIGHUP) {
      // Where the file is wrong the settings are as they were, and a certificate may still be a new one.
      (void)reload(table, config.log);
      running->settings_changed();
    } else if (std::exchange(asked_to_stop, true)) {
      loop.stop();
    } else {
      manager.stopping("closing its connections", 2 * ConnectionTable::kLingerMs);
      running->stop([&loop] { loop.stop(); });
    }
  });

  const auto post = [&loop](Task task) { loop.post(std::move(task)); };
  // Each connection has one job at most. Those of connections that have gone are still done, so there is room for more.
  ThreadExecutor image_workers("images", config.images.workers, 2 * config.client.max_connections, post);
  LoginServer server(loop, image_workers, rng, metrics, config, key.value());
  running = &server;
  const StallLog stall_log(loop);
  const MemoryReturn memory_return(loop);

  if (const Status status = server.start(); !status.ok()) return fail(status.message());
  manager.ready("serving");
  loop.run();

  image_workers.stop();
  log_info("login_server_stopped", {{"name", config.name}});
  flush_log();
  return 0;
}

}  // namespace
}  // namespace talkbeat::login

int main(int argc, char** argv) {
  using namespace talkbeat;
  using namespace talkbeat::login;
  LoginServerConfig config;
  OptionTable table = describe(config);
  const auto secrets = [&config] { return secret_files(config); };
  if (const auto exit_code = prepare(argc, argv, kDescription, table, secrets)) return *exit_code;
  return run(config, table);
}
