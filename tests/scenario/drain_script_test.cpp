// Draining as operators see it: talkctl drain, status, start, and what restart.sh --rolling refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/scenario/figures.h"

namespace talkbeat::scenario {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// How often msg_server_0 was asked to leave by talkctl.
size_t times_asked(const Cluster& cluster) {
  size_t count = 0;
  for (const std::string& line : lines_of(cluster.log_of("msg_server_0"))) {
    if (line.find("stopping asked_by=http") != std::string::npos) ++count;
  }
  return count;
}

TEST(DrainScripts, a_server_that_leaves_is_shown_as_draining_and_can_be_started_again_when_it_is_gone) {
  Cluster cluster;
  auto alice = std::make_unique<WireClient>(cluster.client_port("msg_server_0"));
  alice->log_in("alice");
  const Outcome begun = cluster.talkctl({"drain", "msg_server_0", "--no-wait"});
  EXPECT_EQ(begun.exit_code, 0) << begun.err;
  EXPECT_THAT(begun.out, HasSubstr("msg_server_0 leaves: 1 client left"));
  EXPECT_EQ(alice->expect<TbGoAway>().port(), cluster.client_port("msg_server_1"));

  const Outcome status = cluster.script("status.sh");
  EXPECT_EQ(status.exit_code, 1);
  EXPECT_THAT(status.out, HasSubstr("draining"));
  const Outcome table = cluster.talkctl({"status"});
  EXPECT_EQ(table.exit_code, 1);
  EXPECT_THAT(table.out, HasSubstr("draining, clients left: 1"));
  EXPECT_THROW(cluster.start(), Unexpected) << "it has not left yet";
  const Outcome late = cluster.talkctl({"drain", "msg_server_0", "--timeout", "300ms"});
  EXPECT_EQ(late.exit_code, 1);
  EXPECT_THAT(late.err, AllOf(HasSubstr("has not left"), HasSubstr("1 client left")));

  Program waiting({programs() / "talkctl", "--dir", cluster.directory(), "--json", "drain", "msg_server_0"});
  wait_until("it has been asked three times", [&] { return times_asked(cluster) == 3; });
  alice.reset();
  const Outcome left = waiting.wait();
  EXPECT_EQ(left.exit_code, 0) << left.err;
  EXPECT_EQ(nlohmann::json::parse(left.out).at("left"), true);
  EXPECT_FALSE(cluster.running("msg_server_0"));
  EXPECT_THAT(cluster.script("status.sh").out, HasSubstr("down"));
  cluster.start();
  EXPECT_EQ(cluster.script("status.sh").exit_code, 0);
}

TEST(DrainScripts, talkctl_drain_waits_until_the_server_has_left_and_says_why_it_cannot) {
  Cluster cluster;
  const Outcome drained = cluster.talkctl({"drain", "msg_server_1"});
  EXPECT_EQ(drained.exit_code, 0) << drained.err;
  EXPECT_THAT(drained.out, HasSubstr("msg_server_1 has left"));
  EXPECT_FALSE(cluster.running("msg_server_1"));

  const auto refused = [&](const std::string& name) {
    const Outcome outcome = cluster.talkctl({"drain", name});
    EXPECT_EQ(outcome.exit_code, 1);
    return outcome.err;
  };
  EXPECT_THAT(refused("msg_server_1"), HasSubstr("does not run"));
  EXPECT_THAT(refused("msg_server_7"), HasSubstr("msg_server_0 to msg_server_1"));
  EXPECT_THAT(refused("login_server_0"), HasSubstr("--rolling"));
  cluster.signal("msg_server_0", SIGSTOP);
  EXPECT_THAT(refused("msg_server_0"), HasSubstr("does not answer"));
  cluster.signal("msg_server_0", SIGCONT);
  EXPECT_EQ(cluster.talkctl({"drain", "msg_server_0", "--timeout", "soon"}).exit_code, 2);
  cluster.start();
}

TEST(DrainScripts, stop_does_not_wait_for_clients_unless_it_is_told_to) {
  ClusterOptions options;
  options.settings = {"drain.spread=100ms", "drain.timeout=1s"};
  Cluster cluster(options);
  WireClient alice(cluster.client_port("msg_server_0"));
  alice.log_in("alice");
  EXPECT_EQ(cluster.script("stop.sh").exit_code, 0);
  EXPECT_THAT(cluster.log_of("msg_server_0"),
              AllOf(HasSubstr("reason=server_stopping"), Not(HasSubstr("drain_begins"))));
  cluster.start();
  WireClient again(cluster.client_port("msg_server_0"));
  again.log_in("alice");
  const Outcome stopped = cluster.script("stop.sh", {"--drain"});
  EXPECT_EQ(stopped.exit_code, 0);
  EXPECT_EQ(stopped.err, "");
  EXPECT_THAT(cluster.log_of("msg_server_0"), HasSubstr("reason=drained"));
}

TEST(DrainScripts, a_rolling_restart_needs_another_server_for_the_clients) {
  const ScratchDirectory scratch;
  std::ofstream(scratch.path() / "cluster.conf")
      << "PORT_BASE=8000\nLOGIN_SERVERS=1\nMSG_SERVERS=1\nBIN=" << programs().string() << "\n";
  const Outcome refused = run({source_directory() / "tools/restart.sh", "--dir", scratch.path(), "--rolling"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("needs 2 msg_servers"));
}

TEST(DrainScripts, a_rolling_restart_begins_only_where_it_can_succeed) {
  ClusterOptions options;
  options.settings = {"drain.timeout=90s"};
  Cluster cluster(options);
  const Outcome impatient = cluster.script("restart.sh", {"--rolling", "--timeout", "90"});
  EXPECT_EQ(impatient.exit_code, 1);
  EXPECT_THAT(impatient.err, AllOf(HasSubstr("90 s to leave"), HasSubstr("drain.timeout")));
  cluster.kill9("msg_server_1");
  const Outcome alone = cluster.script("restart.sh", {"--rolling"});
  EXPECT_EQ(alone.exit_code, 1);
  EXPECT_THAT(alone.err, HasSubstr("msg_server_1 does not serve"));
  EXPECT_TRUE(cluster.running("msg_server_0"));
}

}  // namespace
}  // namespace talkbeat::scenario
