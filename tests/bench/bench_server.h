#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "base/inline_executor.h"
#include "base/metrics.h"
#include "msg_server/msg_server.h"
#include "msg_server/store/sqlite_database.h"
#include "tests/bench/memory_transport.h"
#include "tests/unit/fake_clock.h"

namespace talkbeat::bench {

/// A whole msg_server in this thread, without kernel, threads and disk: a network in memory, a clock that the benchmark
/// moves, a SQLite database in memory. What it costs is the server's own work.
///
///   BenchServer server(1'000);  // users who are logged in, with a token each
///   server.arrive(0, bytes);    // user 0 sends
///   server.turn(1);             // a millisecond later the loop turns, and the store commits
class BenchServer {
 public:
  explicit BenchServer(size_t users);

  UserId user(size_t number) const { return users_[number]; }
  size_t users() const { return users_.size(); }
  GroupId add_group_of_all();

  /// The bytes must stay where they are until the turn is over.
  void arrive(size_t number, std::span<const std::byte> bytes) { transport_.arrive(clients_[number], bytes); }
  /// The loop turns `later` milliseconds after the last time, and then whatever has been given to the workers is done.
  void turn(Tick later);
  const MemoryTransport& transport() const { return transport_; }

 private:
  static MsgServerConfig configuration();
  void add_users(size_t count);
  void log_in(size_t number);

  MsgServerConfig config_ = configuration();
  ClusterKey key_;
  FakeClock clock_;
  MemoryTransport transport_;
  EventLoop loop_{clock_, transport_};
  std::unique_ptr<SqliteDatabase> database_ = std::move(SqliteDatabase::open({.path = ":memory:"}).value());
  InlineExecutor writes_{1'000'000};
  InlineExecutor reads_{1'000'000};
  InlineExecutor others_;
  Store store_{*database_,           writes_,
               *database_,           reads_,
               config_.store.limits, [this](Task task) { loop_.post(std::move(task)); }};
  SeededRng rng_{1};
  Metrics metrics_{clock_};
  std::unique_ptr<MsgServer> server_;
  std::vector<UserId> users_;
  std::vector<SocketHandle> clients_;
};

/// A PDU as a client sends it.
template <class Message>
SharedBytes client_pdu(const Message& message) {
  return encode_pdu(message, 1);
}

}  // namespace talkbeat::bench
