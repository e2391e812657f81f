// P9: what stands here where others have MariaDB and NATS does not answer for a minute: the database's file, which
// somebody keeps locked, and login_server, which is the bus.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "msg_server/store/sqlite_statement.h"
#include "tests/scenario/figures.h"
#include "tests/scenario/full.h"
#include "tests/scenario/load.h"
#include "tests/scenario/oracle.h"

namespace talkbeat::scenario {
namespace {

using testing::IsEmpty;

const milliseconds kStopped = in_full<milliseconds>(8s, 60s);
const std::vector<std::string> kBothServers{"msg_server_0", "msg_server_1"};
constexpr long kOwnNeedKib = 8 << 10;

/// A transaction that another program has begun to write in, and does not end while this lives.
SqliteConnection open_transaction(const Cluster& cluster) {
  auto opened = SqliteConnection::open((cluster.directory() / "talkbeat.db").string(), false);
  if (!opened.ok()) throw Unexpected(opened.message());
  SqliteConnection& connection = opened.value();
  for (const char* sql : {"PRAGMA busy_timeout=10000", "BEGIN IMMEDIATE"}) {
    if (const Status done = connection.execute(sql); !done.ok()) throw Unexpected(done.message());
  }
  return std::move(connection);
}

// As long as that takes, the servers answer and no more than `limit` writes wait in them.
void watch_queues(const Cluster& cluster, double limit) {
  const Deadline over(kStopped);
  while (!over.passed()) {
    for (const std::string& name : kBothServers) {
      EXPECT_LE(figure(cluster, name, "talkbeat_store_pending_writes"), limit) << name;
      EXPECT_EQ(cluster.get(name, "/healthz").status, 200) << name;
    }
    std::this_thread::sleep_for(50ms);
  }
}

TEST(P9, while_another_program_keeps_the_database_locked_queues_are_bounded_and_nothing_acked_is_lost) {
  constexpr size_t kQueue = 30;
  const LoadShape shape{.pairs = 12, .window = 8, .pause = 0ms};
  RowCluster cluster({"store.max_queued_writes=" + std::to_string(kQueue), "client.min_ping_interval=0"}, 2);
  Load load(cluster, shape);
  load.await_acks(200);
  const Closings closings_0(cluster, "msg_server_0");
  const Closings closings_1(cluster, "msg_server_1");
  const PeakMemory memory_0(cluster.pid("msg_server_0"));
  const PeakMemory memory_1(cluster.pid("msg_server_1"));
  {
    const SqliteConnection locked = open_transaction(cluster);
    const size_t acked = load.acked();
    watch_queues(cluster, kQueue);
    EXPECT_LE(load.acked() - acked, shape.pairs * shape.window) << "none but those that were on their way";
  }
  load.await_acks(200);
  EXPECT_THAT(load.finish(), IsEmpty());
  EXPECT_EQ(load.receivers_lost(), 0u);
  EXPECT_THAT(closings_0.so_far(), IsEmpty());
  EXPECT_THAT(closings_1.so_far(), IsEmpty());
  for (const PeakMemory* memory : {&memory_0, &memory_1}) EXPECT_LT(memory->growth_kib(), 3 * kOwnNeedKib);
}

TEST(P9, while_the_bus_is_stopped_queues_are_bounded_sessions_go_on_and_all_is_heard_when_it_is_back) {
  const LoadShape shape{.pairs = 12, .window = 8, .pause = 5ms};
  std::vector<std::string> settings{"client.min_ping_interval=0"};
  if (!in_full()) {
    settings.insert(settings.end(), {"cluster.heartbeat_interval=500ms", "cluster.silence_timeout=3s",
                                     "cluster.reconnect_first=50ms", "cluster.reconnect_max=500ms"});
  }
  RowCluster cluster(settings, 2);
  Load load(cluster, shape);
  load.await_acks(200);
  Oracle oracle(cluster);
  cluster.signal("login_server_0", SIGSTOP);
  const size_t acked = load.acked();
  watch_queues(cluster, 1'000);
  EXPECT_GT(load.acked(), acked + 200) << "what is stored is acked, whoever is on the other server";
  for (const std::string& name : kBothServers) EXPECT_EQ(cluster.get(name, "/readyz").status, 503) << name;

  cluster.signal("login_server_0", SIGCONT);
  wait_until(
      "all are known again",
      [&] { return registered_servers(cluster) == 2 && users_online(cluster) == 2 * shape.pairs + 2; }, 60s);
  for (const std::string& name : kBothServers) EXPECT_EQ(cluster.get(name, "/readyz").status, 200) << name;
  load.await_acks(200);
  EXPECT_THAT(load.finish(), IsEmpty());
  EXPECT_EQ(load.receivers_lost(), 0u);
  oracle.expect_growth_below(kOwnNeedKib);
  oracle.expect_unharmed();
}

}  // namespace
}  // namespace talkbeat::scenario
