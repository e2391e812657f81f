// login_server: tells clients which msg_server to use, and connects the msg_servers with each other.

#include <iostream>

#include "base/command_line.h"
#include "base/epoll_transport.h"
#include "base/memory_return.h"
#include "base/reload.h"
#include "base/service_manager.h"
#include "base/signals.h"
#include "base/stall_log.h"
#include "base/thread_executor.h"
#include "login_server/login_server.h"

namespace talkbeat::login {
namespace {

constexpr int kExitFailed = 1;

const ServerDescription kDescription{
    "login_server",
    "login_server tells clients which msg_server to use, knows where each user is online, and carries PDUs between the "
    "msg_servers. It keeps the pictures that clients send each other, and nothing else.",
    "login_server --config conf/login_server.toml"};

int fail(int exit_code, const std::string& message) {
  std::cerr << kDescription.name << ": " << message << "\n";
  return exit_code;
}

int run(OptionTable& table, const LoginServerConfig& config, const ClusterKey& key) {
  SystemClock clock;
  SystemRng rng;
  EpollTransport transport;
  EventLoop loop(clock, transport);
  Metrics metrics(clock);
  // Each connection has one job at most. Those of connections that have gone are still done, so there is room for more.
  const size_t disk_jobs = 2 * config.client.max_connections;
  ThreadExecutor disk("images", config.images.workers, disk_jobs, [&loop](Task task) { loop.post(std::move(task)); });
  LoginServer server(loop, disk, rng, metrics, config, key);
  const StallLog stall_log(loop);
  const MemoryReturn memory_return(loop);
  ServiceManager manager(loop.timers());

  bool stopping = false;
  Signals signals(loop, {SIGTERM, SIGINT, SIGHUP}, [&](int number) {
    if (number == SIGHUP) {
      // Where the file is wrong the settings are as they were, and a certificate may still be a new one.
      (void)reload(table, config.log);
      server.settings_changed();
    } else if (std::exchange(stopping, true)) {
      loop.stop();
    } else {
      manager.stopping("closing its connections", 2 * ConnectionTable::kLingerMs);
      server.stop([&loop] { loop.stop(); });
    }
  });

  const Status status = server.start();
  if (!status.ok()) return fail(kExitFailed, status.message());
  manager.ready("serving");
  loop.run();
  disk.stop();
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
  OptionTable table;
  describe(table, config);
  const auto secrets = [&config] {
    return std::vector<SecretFile>{
        {"cluster.key_file", config.cluster.link.key_file, "cluster key", "tools/start.sh makes one"},
        key_file(config.tls)};
  };
  if (const auto exit_code = prepare(argc, argv, kDescription, table, secrets)) return *exit_code;
  if (const Status tls = check(config.tls); !tls.ok()) return fail(kExitUsage, tls.message());
  const Status logging = configure_logging(config.log);
  if (!logging.ok()) return fail(kExitUsage, logging.message());
  warn_of_root();
  const Result<ClusterKey> key = ClusterKey::load(config.cluster.link.key_file);
  if (!key.ok()) return fail(kExitUsage, key.message());
  return run(table, config, key.value());
}
