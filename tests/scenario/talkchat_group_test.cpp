// Groups as people use them, with talkchat: made, written to from two servers, changed, and kept in order while a
// msg_server is killed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/scenario/chat_program.h"

namespace talkbeat::scenario {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;

ClusterOptions three_people() {
  ClusterOptions options;
  options.users = {"alice", "bob", "carol"};
  options.settings = {"cluster.reconnect_first=50ms", "cluster.reconnect_max=200ms"};
  return options;
}

void make_team(const Cluster& cluster) {
  Program alice(chat_line(cluster, "alice"), Program::Input::kTyped);
  alice.type(":group team bob carol");
  await(alice, "made #team");
  alice.end_input();
  ASSERT_EQ(alice.wait().exit_code, 0);
}

TEST(TalkchatGroup, is_made_written_to_and_changed_across_two_msg_servers) {
  Cluster cluster(three_people());
  Program alice(chat_line(cluster, "alice", "msg_server_0"), Program::Input::kTyped);
  Program bob(chat_line(cluster, "bob", "msg_server_1"), Program::Input::kTyped);
  await(alice, "connected to");
  await(bob, "connected to");
  alice.type(":group \"the team\" bob");
  await(alice, "made #the team");
  await(bob, "alice has made #the team with you");
  alice.type("hello all");
  await(bob, "#the team alice: hello all");
  bob.type(":to #the team");
  bob.type("hello back");
  await(alice, "#the team bob: hello back");

  Program carol(chat_line(cluster, "carol", "msg_server_1"), Program::Input::kTyped);
  await(carol, "connected to");
  alice.type(":invite \"the team\" carol");
  await(bob, "alice has taken carol into #the team");
  await(carol, "alice has taken you into #the team");
  alice.type("welcome");
  await(carol, "#the team alice: welcome");
  carol.type(":to #the team");
  carol.type(":history");
  carol.type(":members the team");
  await(carol, "bob    online");
  EXPECT_THAT(carol.written(), Not(HasSubstr("hello all"))) << "the history begins at the joining";

  bob.type(":remove \"the team\" carol");
  await(bob, "not changed: you may not do that");
  alice.type(":remove \"the team\" carol");
  await(carol, "alice has taken you out of #the team");
  carol.type(":to #the team");
  await(carol, "you are in no group #the team");
  bob.type(":mute \"the team\" on");
  await(bob, "muted");
  bob.type(":leave \"the team\"");
  await(alice, "bob has left #the team");
  alice.type(":groups");
  await(alice, "1 member");
  for (Program* person : {&alice, &bob, &carol}) {
    person->end_input();
    EXPECT_EQ(person->wait().exit_code, 0);
  }
}

TEST(TalkchatGroup, a_conversation_goes_on_over_a_kill_of_a_msg_server) {
  Cluster cluster(three_people());
  make_team(cluster);
  Program alice(chat_line(cluster, "alice", "", {"--to", "#team"}), Program::Input::kTyped);
  Program bob(chat_line(cluster, "bob", "", {"--to", "#team"}), Program::Input::kTyped);
  Program carol(chat_line(cluster, "carol", "", {"--to", "#team"}), Program::Input::kTyped);
  for (Program* person : {&alice, &bob, &carol}) await(*person, "connected to");
  const std::string port = std::to_string(cluster.client_port("msg_server_0"));
  const std::string victim = count_of(port, alice.written()) > 0 ? "msg_server_0" : "msg_server_1";

  std::vector<std::string> all;
  for (int i = 1; i <= 40; ++i) {
    all.push_back(std::to_string(i));
    for (Program* person : {&alice, &bob, &carol}) person->type("line " + all.back());
    if (i == 15) cluster.signal(victim, SIGKILL);
    std::this_thread::sleep_for(50ms);
  }
  await(alice, "connected again, to");
  for (Program* person : {&alice, &bob, &carol}) await(*person, ": line 40", 2);
  std::vector<std::string> heard;
  for (Program* person : {&alice, &bob, &carol}) {
    person->end_input();
    const Outcome outcome = person->wait();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    heard.push_back(outcome.out);
  }
  EXPECT_EQ(said_behind("#team bob: line ", heard[0]), all);
  EXPECT_EQ(said_behind("#team carol: line ", heard[0]), all);
  EXPECT_EQ(said_behind("#team alice: line ", heard[1]), all);
  EXPECT_EQ(said_behind("#team carol: line ", heard[1]), all);
  EXPECT_EQ(said_behind("#team alice: line ", heard[2]), all);
  EXPECT_EQ(said_behind("#team bob: line ", heard[2]), all);
}

TEST(TalkchatGroup, scripts_send_receive_and_list) {
  Cluster cluster(three_people());
  make_team(cluster);
  Program bob(chat_line(cluster, "bob", "msg_server_1", {"recv", "--count", "1", "--timeout", "60s"}));
  const Outcome sent = run(chat_line(cluster, "alice", "msg_server_0", {"send", "--group", "team", "from a script"}));
  EXPECT_EQ(sent.exit_code, 0) << sent.err;
  EXPECT_EQ(sent.out, "1\n");
  const Outcome heard = bob.wait();
  EXPECT_EQ(heard.exit_code, 0) << heard.err;
  EXPECT_EQ(heard.out, "#team alice: from a script\n");

  const Outcome late = run(chat_line(cluster, "carol", "", {"--json", "recv", "--timeout", "60s"}));
  const auto line = nlohmann::json::parse(late.out);
  EXPECT_EQ(line["group"], "team");
  EXPECT_EQ(line["from"], "alice");
  EXPECT_EQ(line["text"], "from a script");
  const Outcome listed = run(chat_line(cluster, "carol", "", {"groups", "--json"}));
  const auto group = nlohmann::json::parse(listed.out);
  EXPECT_EQ(group["name"], "team");
  EXPECT_EQ(group["id"], line["group_id"]);
  EXPECT_EQ(group["members"].size(), 3u);
  EXPECT_THAT(run(chat_line(cluster, "carol", "", {"groups"})).out, ContainsRegex("^[0-9]+\t#team\t3\n$"));
}

TEST(TalkchatGroup, what_does_not_work_is_one_line_that_says_what_to_do) {
  Cluster cluster(three_people());
  const Outcome unknown = run(chat_line(cluster, "alice", "", {"send", "--group", "nobodys", "hello"}));
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_EQ(unknown.err, "talkchat: you are in no group nobodys\n");
  EXPECT_EQ(run(chat_line(cluster, "alice", "", {"send", "hello"})).exit_code, 2) << "to whom?";
  EXPECT_EQ(run(chat_line(cluster, "alice", "", {"send", "--to", "bob", "--group", "x", "hello"})).exit_code, 2);
  Program alice(chat_line(cluster, "alice"), Program::Input::kTyped);
  for (const char* line : {":group lonely", ":group team nobody", ":invite team", ":members", ":mute team",
                           ":leave team", ":to #team", ":status nobody", ":nonsense"}) {
    alice.type(line);
  }
  await(alice, "no command :nonsense");
  EXPECT_THAT(alice.written(), HasSubstr("call it what, with whom? :group NAME USER…"));
  EXPECT_THAT(alice.written(), HasSubstr("no user nobody; :users lists them"));
  EXPECT_THAT(alice.written(), HasSubstr("which group? :groups lists yours"));
  EXPECT_THAT(alice.written(), HasSubstr("on or off? :mute GROUP on"));
  EXPECT_EQ(count_of("you are in no group", alice.written()), 2u);
}

TEST(TalkchatGroup, two_of_one_name_are_told_apart_by_number) {
  Cluster cluster(three_people());
  make_team(cluster);
  make_team(cluster);
  const Outcome outcome = run(chat_line(cluster, "bob", "", {"send", "--group", "team", "which?"}));
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, ContainsRegex("several groups are called team: say which by number: #[0-9]+, #[0-9]+\n"));
  const std::string number =
      outcome.err.substr(outcome.err.rfind('#') + 1, outcome.err.size() - outcome.err.rfind('#') - 2);
  EXPECT_EQ(run(chat_line(cluster, "bob", "", {"send", "--group", number, "this one"})).exit_code, 0);
}

TEST(TalkchatGroup, names_and_signatures_do_not_steer_the_terminal) {
  Cluster cluster(three_people());
  Program bob(chat_line(cluster, "bob", "msg_server_1"), Program::Input::kTyped);
  Program alice(chat_line(cluster, "alice", "msg_server_0"), Program::Input::kTyped);
  await(alice, "connected to");
  await(bob, "connected to");
  bob.type(":status alice");
  await(bob, "alice");
  alice.type(":group \x1b[2Jevil bob");
  await(alice, "the server does not take that value");
  alice.type(":sign \x1b]0;owned");
  await(alice, "not changed: the server does not take that value");
  alice.type(":sign back at five");
  await(bob, "alice signs now: back at five");
  bob.type(":status alice");
  await(bob, "signature  back at five");
  EXPECT_EQ(bob.written().find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace talkbeat::scenario
