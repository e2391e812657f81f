// talkload: what it says of servers that deliver everything, and of one that does not. A check that cannot fail is
// worth nothing, so each is seen to fail.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/scenario/cluster.h"
#include "tests/scenario/lying_server.h"

namespace talkbeat::scenario {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using Json = nlohmann::json;

std::string talkload() {
  return programs() / "talkload";
}

ClusterOptions for_load() {
  ClusterOptions options;
  options.users.clear();
  for (const char* limit : {"message_rate", "message_burst", "request_rate", "request_burst"}) {
    options.settings.push_back(std::string("client.") + limit + "=1000000");
  }
  return options;
}

/// A short run against the cluster; its figures.
Outcome load(const Cluster& cluster, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), talkload());
  for (const std::string& more : {std::string("--dir"), cluster.directory().string(), std::string("--warmup"),
                                  std::string("0"), std::string("--json"), std::string("-"), std::string("--quiet")}) {
    arguments.push_back(more);
  }
  return run(arguments);
}

uint64_t total(const Outcome& outcome, const std::string& counter) {
  return Json::parse(outcome.out)["totals"][counter].get<uint64_t>();
}

/// Four pairs against a server that lies, 500 commands.
Outcome load_liar(Lie lie) {
  const LyingServer server(lie);
  return run({talkload(), "relay", "--login", server.address(), "--pairs", "4", "--rate", "500", "--duration", "1s",
              "--warmup", "0", "--grace", "1s", "--json", "-", "--quiet"});
}

TEST(Talkload, every_command_arrives_on_the_same_server_and_on_another_one) {
  const Cluster cluster(for_load());
  for (const char* placing : {"--msg-server=0", "--across"}) {
    const Outcome done = load(cluster, {"relay", "--pairs", "5", "--rate", "300", "--duration", "1s", placing});
    ASSERT_EQ(done.exit_code, 0) << done.out << done.err;
    EXPECT_EQ(total(done, "sent"), total(done, "delivered"));
    EXPECT_GE(total(done, "sent"), 200u);
  }
}

TEST(Talkload, every_message_is_acked_and_arrives_across_two_servers_and_two_load_processes) {
  const Cluster cluster(for_load());
  const Outcome done =
      load(cluster, {"chat", "--pairs", "6", "--window", "4", "--duration", "1s", "--across", "--processes", "2"});
  ASSERT_EQ(done.exit_code, 0) << done.out << done.err;
  EXPECT_GT(total(done, "sent"), 20u);
  EXPECT_EQ(total(done, "sent"), total(done, "acked"));
  EXPECT_EQ(total(done, "sent"), total(done, "delivered"));
}

TEST(Talkload, a_groups_message_comes_to_every_other_member) {
  const Cluster cluster(for_load());
  const Outcome done = load(
      cluster, {"group", "--groups", "2", "--members", "10", "--senders", "3", "--window", "2", "--duration", "1s"});
  ASSERT_EQ(done.exit_code, 0) << done.out << done.err;
  EXPECT_GT(total(done, "sent"), 10u);
  EXPECT_EQ(total(done, "sent") * 9, total(done, "delivered"));
}

TEST(Talkload, logins_and_idle_clients_are_counted) {
  const Cluster cluster(for_load());
  const Outcome storm = load(cluster, {"login", "--clients", "20", "--window", "4", "--duration", "1s"});
  ASSERT_EQ(storm.exit_code, 0) << storm.out << storm.err;
  EXPECT_GT(total(storm, "logged_in"), 20u);
  const Outcome idle =
      load(cluster, {"idle", "--clients", "50", "--heartbeat", "1s", "--duration", "2s", "--find-server"});
  ASSERT_EQ(idle.exit_code, 0) << idle.out << idle.err;
  EXPECT_EQ(total(idle, "connections"), 50u);
  EXPECT_GE(total(idle, "beats"), 50u);
}

TEST(Talkload, nothing_is_lost_while_servers_are_killed) {
  const Cluster cluster(for_load());
  const Outcome done =
      load(cluster, {"reconnect", "--pairs", "6", "--rate", "60", "--every", "3s", "--duration", "8s", "--across"});
  ASSERT_EQ(done.exit_code, 0) << done.out << done.err;
  EXPECT_GE(total(done, "reconnected"), 6u);
  EXPECT_EQ(total(done, "sent"), total(done, "delivered"));
  EXPECT_TRUE(cluster.running("msg_server_0"));
  EXPECT_TRUE(cluster.running("msg_server_1"));
}

TEST(Talkload, servers_are_killed_also_where_clients_ask_a_login_server_where_to_go) {
  const Cluster cluster(for_load());
  const Outcome done = load(
      cluster, {"reconnect", "--pairs", "6", "--rate", "60", "--every", "3s", "--duration", "8s", "--find-server"});
  ASSERT_EQ(done.exit_code, 0) << done.out << done.err;
  EXPECT_GE(total(done, "reconnected"), 1u);
  EXPECT_EQ(total(done, "sent"), total(done, "delivered"));
}

TEST(Talkload, a_run_in_which_the_server_refused_is_not_fine) {
  const Cluster cluster(for_load());
  const Outcome done = load(cluster, {"relay", "--pairs", "2", "--rate", "20", "--size", "50000", "--duration", "1s"});
  ASSERT_EQ(done.exit_code, 1) << done.out << done.err;
  EXPECT_EQ(total(done, "sent"), total(done, "refused"));
  EXPECT_THAT(done.out, AllOf(HasSubstr("were refused"), HasSubstr("nothing was delivered")));
}

TEST(Talkload, logins_at_a_rate_and_a_mixture_are_fine) {
  const Cluster cluster(for_load());
  const Outcome storm = load(cluster, {"login", "--clients", "20", "--rate", "50", "--duration", "1s"});
  ASSERT_EQ(storm.exit_code, 0) << storm.out << storm.err;
  EXPECT_NEAR(static_cast<double>(total(storm, "logged_in")), 50, 5);
  const Outcome mixed = load(cluster, {"mixed", "--clients", "20", "--pairs", "4", "--members", "5", "--rate", "100",
                                       "--duration", "1s", "--processes", "2"});
  ASSERT_EQ(mixed.exit_code, 0) << mixed.out << mixed.err;
  EXPECT_GE(total(mixed, "sent"), 90u);
}

TEST(Talkload, a_report_that_cannot_be_written_is_told_before_the_load) {
  const Cluster cluster(for_load());
  const Outcome done = load(cluster, {"chat", "--report", "/nowhere/at/all.html", "--duration", "1h"});
  EXPECT_EQ(done.exit_code, 4);
  EXPECT_THAT(done.err, HasSubstr("cannot write /nowhere/at/all.html"));
}

TEST(Talkload, an_honest_server_passes) {
  const Outcome done = load_liar(Lie::kNone);
  EXPECT_EQ(done.exit_code, 0) << done.out << done.err;
}

TEST(Talkload, a_lost_message_is_named) {
  const Outcome done = load_liar(Lie::kLose);
  ASSERT_EQ(done.exit_code, 1) << done.err;
  EXPECT_GE(total(done, "lost"), 5u);
  EXPECT_THAT(done.out, HasSubstr("lost: message"));
}

TEST(Talkload, a_message_that_comes_twice_is_named) {
  const Outcome done = load_liar(Lie::kDouble);
  ASSERT_EQ(done.exit_code, 1) << done.err;
  EXPECT_GE(total(done, "doubled"), 5u);
  EXPECT_EQ(total(done, "lost"), 0u);
  EXPECT_THAT(done.out, HasSubstr("delivered twice: message"));
}

TEST(Talkload, a_message_out_of_order_is_named) {
  const Outcome done = load_liar(Lie::kSwap);
  ASSERT_EQ(done.exit_code, 1) << done.err;
  EXPECT_GE(total(done, "misordered"), 5u);
  EXPECT_THAT(done.out, HasSubstr("out of order: message"));
}

TEST(Talkload, what_it_cannot_do_is_one_line_and_an_exit_code) {
  const ScratchDirectory nothing;
  const Outcome nowhere = run({talkload(), "chat"});
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_THAT(nowhere.err, AllOf(HasSubstr("--dir DIR or --login"), testing::EndsWith("\n")));
  const Outcome no_cluster = run({talkload(), "chat", "--dir", nothing.path()});
  EXPECT_EQ(no_cluster.exit_code, 3);
  EXPECT_THAT(no_cluster.err, HasSubstr("no cluster in"));
  EXPECT_EQ(run({talkload(), "dance", "--dir", nothing.path()}).exit_code, 2);
  EXPECT_EQ(run({talkload(), "chat", "--size", "3", "--dir", nothing.path()}).exit_code, 2);
  EXPECT_EQ(run({talkload(), "chat", "--duration", "0s", "--dir", nothing.path()}).exit_code, 2);
  EXPECT_EQ(run({talkload(), "group", "--across", "--dir", nothing.path()}).exit_code, 2);
  EXPECT_EQ(run({talkload(), "chat", "--across", "--login", "127.0.0.1:1"}).exit_code, 2);
  EXPECT_EQ(run({talkload(), "--help"}).exit_code, 0);
}

}  // namespace
}  // namespace talkbeat::scenario
