// P1 and P2: kill -9 of servers under load: what was acked is stored once, whoever died when.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <sstream>

#include "msg_server/store/sqlite_statement.h"
#include "tests/scenario/figures.h"
#include "tests/scenario/full.h"
#include "tests/scenario/load.h"
#include "tests/scenario/requests.h"
#include "tests/scenario/tracer.h"

namespace talkbeat::scenario {
namespace {

using testing::IsEmpty;

// Links come back quickly, so that a test need not wait for the pauses between tries.
ClusterOptions quick_links() {
  ClusterOptions options;
  options.settings = {"cluster.reconnect_first=50ms", "cluster.reconnect_max=200ms"};
  return options;
}

void await_registered(const Cluster& cluster, size_t servers) {
  wait_until(std::to_string(servers) + " msg_servers are registered",
             [&] { return registered_servers(cluster) == servers; });
}

TEST(P1, no_acked_message_is_lost_or_doubled_when_msg_servers_are_killed_under_load) {
  const int kills = in_full(3, 50);
  Cluster cluster(quick_links());
  Load load(cluster, {.pairs = 6});
  for (int kill = 0; kill < kills; ++kill) {
    const std::string victim = "msg_server_" + std::to_string(kill % 2);
    load.await_acks(150);
    const uint16_t port = cluster.client_port(victim);
    cluster.kill9(victim);
    // The kernel closes its sockets once the last of its threads has gone, which may be in the middle of a commit.
    wait_until(
        "the dead server is not registered", [&] { return registered_servers(cluster) == 1; }, 5s);
    for (int i = 0; i < 5; ++i) EXPECT_NE(allocated_port(cluster), port);
    load.await_acks(150);  // on the other one
    cluster.start();
    await_registered(cluster, 2);
  }
  load.await_acks(50);
  EXPECT_THAT(load.finish(), IsEmpty());
  EXPECT_GT(load.receivers_lost(), 0u);
  const std::vector<milliseconds> away = load.times_away();
  ASSERT_FALSE(away.empty());
  EXPECT_LE(away[away.size() * 99 / 100], 5s) << "of " << away.size();
}

// Some thread of it is inside of this system call, for the store's log, at this moment.
bool is_committing(pid_t pid, long call) {
  const std::string process = "/proc/" + std::to_string(pid);
  for (const auto& thread : std::filesystem::directory_iterator(process + "/task")) {
    std::istringstream words(contents(thread.path() / "syscall"));
    std::string number;
    std::string descriptor;
    words >> number >> descriptor;
    if (number != std::to_string(call) || !descriptor.starts_with("0x")) continue;
    std::error_code closed;
    const auto file =
        std::filesystem::read_symlink(process + "/fd/" + std::to_string(std::stoul(descriptor, nullptr, 16)), closed);
    if (file.filename() == "talkbeat.db-wal") return true;
  }
  return false;
}

// Kills it inside of a commit: while a page of it is being written, or when all are and the disk has not said so. Each
// such call takes a second until it does its work, so that there is time to see it. False: none was seen.
bool kill_inside_a_commit(Cluster& cluster, bool while_writing) {
  const pid_t pid = cluster.pid("msg_server_0");
  const Tracer slow(pid, {while_writing ? "pwrite64:delay_enter=1000000:when=2+3" : "fdatasync:delay_enter=1000000"});
  const long call = while_writing ? SYS_pwrite64 : SYS_fdatasync;
  const Deadline patience(kPatience);
  bool seen = false;
  while (!seen && !patience.passed()) seen = is_committing(pid, call);
  cluster.kill9("msg_server_0");
  return seen;
}

std::string integrity_of(const Cluster& cluster) {
  auto opened = SqliteConnection::open((cluster.directory() / "talkbeat.db").string(), false);
  if (!opened.ok()) return "it cannot be opened";
  const auto verdict = opened.value().first_value("PRAGMA integrity_check");
  return verdict.ok() ? std::string(verdict.value()) : "it cannot be checked";
}

// So many kills inside of a commit; one whose commit was not seen in time is a kill as well, and is not counted.
TEST(P2, a_kill_inside_a_commit_leaves_the_database_whole_and_every_acked_message_in_it) {
  const int kills = in_full(6, 100);
  const int most_tries = kills + kills / 4 + 2;
  ClusterOptions options = quick_links();
  options.msg_servers = 1;
  Cluster cluster(options);
  Load load(cluster, {.pairs = 4, .threads = 1, .pause = 0ms, .msg_servers = 1});
  int inside = 0;
  for (int kill = 0; inside < kills && kill < most_tries; ++kill) {
    load.await_acks(30);
    inside += kill_inside_a_commit(cluster, inside % 2 == 0) ? 1 : 0;
    EXPECT_EQ(integrity_of(cluster), "ok") << "after kill " << kill;
    cluster.start();
  }
  load.await_acks(30);
  EXPECT_THAT(load.finish(), IsEmpty());
  EXPECT_EQ(integrity_of(cluster), "ok");
  EXPECT_EQ(inside, kills) << "of " << most_tries << " at the most";
}

TEST(Kill, no_acked_message_is_lost_or_doubled_when_all_processes_are_killed_at_once) {
  Cluster cluster(quick_links());
  Load load(cluster, {.pairs = 6});
  load.await_acks(200);
  for (const char* name : {"msg_server_0", "msg_server_1", "login_server_0"}) cluster.signal(name, SIGKILL);
  for (const char* name : {"msg_server_0", "msg_server_1", "login_server_0"}) {
    wait_until("all are gone", [&] { return !cluster.running(name); });
  }
  cluster.start();
  load.await_acks(200);
  EXPECT_THAT(load.finish(), IsEmpty());
}

TEST(Kill, a_dead_msg_server_leaves_nobody_online) {
  Cluster cluster(quick_links());
  WireClient bob(cluster.client_port("msg_server_1"));
  bob.log_in("bob");
  uint32_t alice_id = 0;
  {
    WireClient alice(cluster.client_port("msg_server_0"));
    alice_id = alice.log_in("alice").user_info().user_id();
    wait_until("alice is online", [&] { return status_of(bob, alice_id) == IM::BaseDefine::USER_STATUS_ONLINE; });
    EXPECT_EQ(users_online(cluster), 2u);
    cluster.kill9("msg_server_0");
    wait_until("alice is offline", [&] { return status_of(bob, alice_id) == IM::BaseDefine::USER_STATUS_OFFLINE; });
    EXPECT_EQ(users_online(cluster), 1u);
  }
  cluster.start();
  await_registered(cluster, 2);
  EXPECT_EQ(users_online(cluster), 1u);

  // What the dead server's epoch said does not touch a new login, wherever it is.
  WireClient alice(cluster.client_port("msg_server_1"));
  alice.log_in("alice");
  wait_until("alice is back", [&] { return status_of(bob, alice_id) == IM::BaseDefine::USER_STATUS_ONLINE; });
  cluster.kill9("msg_server_0");
  wait_until("msg_server_0 is gone", [&] { return registered_servers(cluster) == 1; });
  EXPECT_EQ(users_online(cluster), 2u);
  alice.sync();
  EXPECT_EQ(alice.waiting<IM::Login::IMKickUser>(), 0u);
}

}  // namespace
}  // namespace talkbeat::scenario
