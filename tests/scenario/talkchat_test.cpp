// talkchat as a person uses it: lines are typed, while servers come and go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenario/chat_program.h"

namespace talkbeat::scenario {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> chat(const Cluster& cluster, const std::string& user, const std::string& to) {
  return chat_line(cluster, user, {}, {"--to", to});
}

TEST(Talkchat, a_conversation_goes_on_over_a_kill_of_its_msg_server) {
  ClusterOptions options;
  options.settings = {"cluster.reconnect_first=50ms", "cluster.reconnect_max=200ms"};
  Cluster cluster(options);
  Program alice(chat(cluster, "alice", "bob"), Program::Input::kTyped);
  Program bob(chat(cluster, "bob", "alice"), Program::Input::kTyped);
  await(alice, "connected to");
  await(bob, "connected to");
  const std::string port = std::to_string(cluster.client_port("msg_server_0"));
  const std::string victim = count_of(port, alice.written()) > 0 ? "msg_server_0" : "msg_server_1";

  std::vector<std::string> all;
  for (int i = 1; i <= 60; ++i) {
    all.push_back(std::to_string(i));
    alice.type("line " + all.back());
    bob.type("line " + all.back());
    if (i == 20) cluster.signal(victim, SIGKILL);
    std::this_thread::sleep_for(50ms);
  }
  await(alice, "connected again, to");
  await(alice, "bob: line 60");
  await(bob, "alice: line 60");
  alice.type(":info");
  await(alice, "without ack");
  alice.end_input();
  bob.end_input();
  const Outcome alices = alice.wait();
  const Outcome bobs = bob.wait();
  EXPECT_EQ(alices.exit_code, 0) << alices.err;
  EXPECT_EQ(bobs.exit_code, 0) << bobs.err;
  EXPECT_EQ(said_behind("bob: line ", alices.out), all);
  EXPECT_EQ(said_behind("alice: line ", bobs.out), all);
  EXPECT_THAT(alices.out,
              HasSubstr("connection lost (the server closed the connection); trying again until it works\n"));
  EXPECT_EQ(count_of("connection lost", alices.out), count_of("connected again", alices.out));
  EXPECT_THAT(alices.out, HasSubstr("  reconnects      1\n"));
}

TEST(Talkchat, info_tells_in_columns_where_it_is_and_how_it_fares) {
  ClusterOptions options;
  options.msg_servers = 1;
  options.settings = {"client.max_connection_age=2s", "client.max_connection_age_grace=5s",
                      "client.min_ping_interval=100ms"};
  Cluster cluster(options);
  std::vector<std::string> arguments = chat(cluster, "alice", "bob");
  arguments.insert(arguments.end(), {"--heartbeat", "300ms"});
  Program alice(arguments, Program::Input::kTyped);
  await(alice, "connected to");
  std::this_thread::sleep_for(1s);  // asking is traffic, too, which leaves no silence to fill
  alice.type(":info");
  await(alice, "s ago, answered in");
  wait_until("it has moved", [&] {
    alice.type(":info");
    std::this_thread::sleep_for(100ms);
    return count_of("  moves           1\n", alice.written()) > 0;
  });
  alice.end_input();
  const Outcome outcome = alice.wait();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, ContainsRegex("  server          127\\.0\\.0\\.1:[0-9]+\n"
                                         "  state           online\n"
                                         "  round trip      [0-9]+ ms\n"
                                         "  reconnects      0\n"
                                         "  moves           1\n"
                                         "  last heartbeat  [0-9]+ s ago, answered in [0-9]+ ms\n"
                                         "  without ack     0\n"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("moved to"))) << "to the same server: nothing that one has to know";
  EXPECT_THAT(outcome.out, Not(HasSubstr("connection lost")));
}

}  // namespace
}  // namespace talkbeat::scenario
