// msg_server: holds the connections of clients, checks who they are, stores and delivers their messages.

#include <sodium.h>

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
#include "msg_server/msg_server.h"
#include "msg_server/store/sqlite_database.h"

namespace talkbeat {
namespace {

const ServerDescription kDescription{
    .name = "msg_server",
    .purpose =
        "Holds the connections of clients, checks who they are, stores and delivers their messages. Run one for "
        "each core; each registers with every login_server, which sends clients to it.",
    .example =
        "msg_server --config conf/msg_server.toml --set server.name=msg_server_1 --set client.listen=0.0.0.0:8210",
};

constexpr int kExitFailed = 1;

int fail(const std::string& message, int exit_code = kExitFailed) {
  std::cerr << kDescription.name << ": " << message << "\n";
  return exit_code;
}

std::vector<SecretFile> secret_files(const MsgServerConfig& config) {
  constexpr const char* kMadeBy = "tools/start.sh makes one";
  return {{"cluster.key_file", config.cluster.link.key_file, "cluster key", kMadeBy},
          {"admin.key_file", config.admin.key_file, "admin key", kMadeBy},
          key_file(config.tls),
          {"push.secret_file", config.push.url.empty() ? "" : config.push.secret_file, "push gateway's key", ""}};
}

// From when the last client is gone: the store's queue, goodbyes, workers.
constexpr Tick kWindDownMs = 20'000;

/// Turns the loop until the connections have got what waits for them, or a short time has passed.
void wind_down(EventLoop& loop, const MsgServer& server) {
  const Tick deadline = loop.now() + ConnectionTable::kLingerMs + 500;
  while (!server.stopped() && loop.now() < deadline) loop.turn(50);
}

int run(const MsgServerConfig& config, OptionTable& table) {
  const Result<ClusterKey> key = ClusterKey::load(config.cluster.link.key_file);
  if (!key.ok()) return fail(key.message(), kExitUsage);
  if (const Status status = check(config.tls); !status.ok()) return fail(status.message(), kExitUsage);
  const Status store_file = check_file(config.store.path, FileTrust::kSettings, "store");
  if (!store_file.ok()) return fail(store_file.message(), kExitUsage);
  if (const Status status = configure_logging(config.log); !status.ok()) return fail(status.message(), kExitUsage);
  warn_of_root();

  const SqliteOptions options{.path = config.store.path, .cache_kib = static_cast<int>(config.store.page_cache / 1024)};
  auto writer = SqliteDatabase::open(options);
  if (!writer.ok()) return fail(writer.message());
  auto reader = SqliteDatabase::open(options);
  if (!reader.ok()) return fail(reader.message());

  SystemClock clock;
  SystemRng rng;
  EpollTransport transport;
  EventLoop loop(clock, transport);
  Metrics metrics(clock);
  ServiceManager manager(loop.timers());
  MsgServer* running = nullptr;
  bool asked_to_drain = false;
  bool gone = false;
  Signals signals(loop, {SIGTERM, SIGINT, SIGHUP}, [&](int number) {
    if (running == nullptr) return;
    if (number == SIGHUP) {
      // Where the file is wrong the settings are as they were, and a certificate may still be a new one.
      (void)reload(table, config.log);
      running->settings_changed();
      return;
    }
    log_info("stopping", {{"signal", number}});
    manager.stopping("clients are moving to other servers", config.drain.timeout_ms + kWindDownMs);
    if (number == SIGTERM && !std::exchange(asked_to_drain, true)) {
      running->drain();
    } else {
      running->leave_now();
    }
  });

  const auto post = [&loop](Task task) { loop.post(std::move(task)); };
  ThreadExecutor write_worker("store_write", 1, 4, post);
  ThreadExecutor read_worker("store_read", 1, config.store.max_queued_reads, post);
  ThreadExecutor hash_workers("hash", config.password.workers, config.password.max_queued, post);
  ThreadExecutor file_workers("files", config.files.workers, config.files.max_queued, post);
  Store store(*writer.value(), write_worker, *reader.value(), read_worker, config.store.limits, post);
  MsgServer server(loop, store, hash_workers, file_workers, rng, metrics, config, key.value());
  running = &server;
  const StallLog stall_log(loop);
  const MemoryReturn memory_return(loop);
  server.when_gone([&] {
    gone = true;
    loop.stop();
  });

  if (const Status status = server.start(); !status.ok()) return fail(status.message());
  log_info("serving", {{"name", config.name},
                       {"version", TALKBEAT_VERSION},
                       {"clients", server.client_address().to_string()},
                       {"tls_port", server.tls_port()},
                       {"http", server.http_address().to_string()},
                       {"epoch", server.epoch()}});
  manager.ready("serving");
  while (!gone) loop.run();

  server.stop();
  wind_down(loop, server);
  for (ThreadExecutor* worker : {&hash_workers, &file_workers, &read_worker, &write_worker}) worker->stop();
  log_info("stopped");
  flush_log();
  return 0;
}

}  // namespace
}  // namespace talkbeat

int main(int argc, char** argv) {
  using namespace talkbeat;
  if (sodium_init() < 0) return fail("libsodium does not work on this machine");
  MsgServerConfig config;
  OptionTable table = describe(config);
  const auto secrets = [&config] { return secret_files(config); };
  if (const auto exit_code = prepare(argc, argv, kDescription, table, secrets)) return *exit_code;
  return run(config, table);
}
