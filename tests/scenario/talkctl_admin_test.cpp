// talkctl's commands that go through the administration API.
#include <gmock/gmock.h>

#include <fstream>

#include "tests/scenario/admin_calls.h"
#include "tests/scenario/requests.h"

namespace talkbeat::scenario {
namespace {

using IM::Message::IMMsgData;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kHere = "msg_server_0";
constexpr const char* kThere = "msg_server_1";

/// What it has printed; fails the test where it did not succeed.
std::string out_of(const Cluster& cluster, const std::vector<std::string>& arguments) {
  const Outcome outcome = cluster.talkctl(arguments);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  return outcome.out;
}

Json json_of(const Cluster& cluster, std::vector<std::string> arguments) {
  arguments.emplace_back("--json");
  return Json::parse(out_of(cluster, arguments), nullptr, false);
}

void expect_failure(const Cluster& cluster, const std::vector<std::string>& arguments, int exit_code,
                    const std::string& says) {
  const Outcome outcome = cluster.talkctl(arguments);
  EXPECT_EQ(outcome.exit_code, exit_code) << outcome.out;
  EXPECT_THAT(outcome.err, HasSubstr(says));
  EXPECT_EQ(lines_of(outcome.err).size(), 1u) << outcome.err;
}

TEST(TalkctlAdmin, groups_are_made_shown_changed_and_deleted) {
  Cluster cluster;
  EXPECT_EQ(out_of(cluster, {"group", "create", "all of us", "--member", "alice"}),
            "group all of us (id 1) created, 1 member\n");
  EXPECT_THAT(out_of(cluster, {"group", "list"}), HasSubstr("1   all of us  normal  -"));
  EXPECT_EQ(out_of(cluster, {"group", "add", "1", "bob", "alice"}),
            "group 1: 1 added, 2 members now; the others were in it\n");
  EXPECT_THAT(out_of(cluster, {"group", "show", "1"}), HasSubstr("2   bob"));
  EXPECT_EQ(json_of(cluster, {"group", "show", "1"})["members"].size(), 2u);
  EXPECT_EQ(out_of(cluster, {"group", "remove", "1", "#1"}), "group 1: 1 removed, 1 member now\n");
  EXPECT_EQ(out_of(cluster, {"group", "rename", "1", "the rest"}), "group 1 is now the rest\n");
  EXPECT_EQ(json_of(cluster, {"group", "list"})[0]["name"], "the rest");
  EXPECT_EQ(out_of(cluster, {"group", "delete", "1"}), "group 1 deleted, it had 1 member\n");
  expect_failure(cluster, {"group", "show", "1"}, 1, "no group 1");
  expect_failure(cluster, {"group", "add", "1", "bob"}, 1, "no such group");
  expect_failure(cluster, {"group", "create", "x", "--member", "nobody"}, 1, "members: no user nobody");
}

TEST(TalkctlAdmin, departments_are_made_changed_and_deleted) {
  Cluster cluster;
  EXPECT_EQ(out_of(cluster, {"department", "add", "Engineering"}), "department Engineering (id 1) added\n");
  EXPECT_EQ(json_of(cluster, {"department", "add", "Databases", "--parent", "1"})["id"], 2);
  EXPECT_EQ(out_of(cluster, {"department", "set", "2", "--name", "Storage"}), "department 2 changed\n");
  EXPECT_EQ(out_of(cluster, {"department", "assign", "alice", "2"}), "user alice is in department 2 now\n");
  EXPECT_THAT(out_of(cluster, {"department", "list"}), HasSubstr("2   Storage      1       0"));
  expect_failure(cluster, {"department", "delete", "1"}, 1, "other departments lie below it");
  expect_failure(cluster, {"department", "set", "2"}, 1, "nothing to change");
  expect_failure(cluster, {"department", "assign", "nobody", "2"}, 1, "no user nobody");
  EXPECT_EQ(out_of(cluster, {"department", "delete", "2"}), "department 2 deleted\n");
}

TEST(TalkctlAdmin, messages_and_broadcasts_arrive_on_both_servers) {
  Cluster cluster;
  WireClient alice(cluster.client_port(kHere));
  WireClient bob(cluster.client_port(kThere));
  alice.log_in("alice");
  bob.log_in("bob");
  EXPECT_EQ(out_of(cluster, {"send", "--to", "bob", "hello"}), "sent to bob, msg_id 1\n");
  EXPECT_EQ(bob.expect<IMMsgData>().msg_data(), "hello");
  EXPECT_EQ(out_of(cluster, {"send", "--to", "bob", "--from", "alice", "hi"}), "sent to bob, msg_id 1\n");
  EXPECT_EQ(bob.expect<IMMsgData>().from_user_id(), alice.user_id());
  alice.expect<IMMsgData>();  // it is hers, too
  EXPECT_EQ(out_of(cluster, {"broadcast", "--id", "b1", "to all"}), "sent to 2 users (id b1)\n");
  EXPECT_EQ(alice.expect<IMMsgData>().msg_data(), "to all");
  EXPECT_EQ(bob.expect<IMMsgData>().msg_data(), "to all");
  EXPECT_EQ(out_of(cluster, {"broadcast", "--id", "b1", "to all"}), "sent to 0 users, 2 had it already (id b1)\n");
  EXPECT_EQ(json_of(cluster, {"broadcast", "once more"})["sent"], 2);
  expect_failure(cluster, {"broadcast", "--id", "b1", "another"}, 1, "another text");
  expect_failure(cluster, {"send", "--to", "nobody", "hello"}, 1, "no user nobody");
  expect_failure(cluster, {"send", "hello"}, 2, "--to USER or --group ID");
  expect_failure(cluster, {"send", "--to", "bob", "--group", "1", "hello"}, 2, "--to");
}

TEST(TalkctlAdmin, a_broadcast_goes_on_where_its_server_is_killed) {
  ClusterOptions options;
  options.settings = {"admin.broadcast_batch=2", "admin.broadcast_pause=100ms"};
  for (int i = 0; i < 40; ++i) options.users.push_back("reader" + std::to_string(i));
  Cluster cluster(options);
  Program broadcast({programs() / "talkctl", "--dir", cluster.directory(), "broadcast", "--id", "b1", "to all"});
  wait_until("it has begun", [&] { return cluster.log_of(kHere).find("broadcast_begins") != std::string::npos; });
  cluster.kill9(kHere);
  const Outcome outcome = broadcast.wait();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* name : {"alice", "reader0", "reader39"}) {
    WireClient reader(cluster.client_port(kThere));
    reader.log_in(name);
    EXPECT_EQ(unread_of(reader).total_cnt(), 1u) << name;
  }
}

TEST(TalkctlAdmin, who_is_online_is_shown_and_kicked) {
  Cluster cluster;
  WireClient alice(cluster.client_port(kHere));
  WireClient bob(cluster.client_port(kThere));
  alice.log_in("alice");
  bob.log_in("bob", kMobile);
  const std::string online = out_of(cluster, {"online"});
  EXPECT_THAT(online, HasSubstr("alice  msg_server_0  pc"));
  EXPECT_THAT(online, HasSubstr("bob    msg_server_1  mobile"));
  EXPECT_EQ(json_of(cluster, {"online"})["users"].size(), 2u);
  await_online(alice, bob.user_id());
  EXPECT_EQ(out_of(cluster, {"kick", "bob"}), "user bob kicked\n");
  EXPECT_EQ(bob.expect<TbGoAway>().reason(), GO_AWAY_KICKED);
  bob.expect_close();
  wait_until("bob is gone", [&] { return json_of(cluster, {"online"})["users"].size() == 1; });
  wait_until("all know it", [&] { return out_of(cluster, {"kick", "bob"}) == "user bob was not online\n"; });
  expect_failure(cluster, {"kick", "nobody"}, 1, "no user nobody");
  expect_failure(cluster, {"kick", "alice", "--class", "tv"}, 2, "--class");

  cluster.kill9("login_server_0");
  wait_until("the loss is known", [&] { return cluster.get(kHere, "/readyz").status == 503; });
  expect_failure(cluster, {"kick", "bob"}, 1, "no login_server is linked");
}

TEST(TalkctlAdmin, top_shows_every_server_once) {
  Cluster cluster;
  WireClient alice(cluster.client_port(kHere));
  alice.log_in("alice");
  const std::string top = out_of(cluster, {"top", "--once"});
  EXPECT_THAT(top, StartsWith("SERVER "));
  EXPECT_EQ(lines_of(top).size(), 4u) << top;
  const Json servers = json_of(cluster, {"top", "--once"})["servers"];
  ASSERT_EQ(servers.size(), 3u);
  EXPECT_EQ(servers[1]["name"], kHere);
  EXPECT_EQ(servers[1]["state"], "ok");
  EXPECT_EQ(servers[1]["users"], 1.0);
  EXPECT_TRUE(servers[1]["messages_per_second"].is_number());
  EXPECT_TRUE(servers[1]["loop_lag_ms"].is_number());
  cluster.kill9(kThere);
  const Outcome outcome = cluster.talkctl({"top", "--once"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("down"));
  expect_failure(cluster, {"top", "--interval", "soon"}, 2, "no time such as 1s");
}

TEST(TalkctlAdmin, top_repeats_itself_until_it_is_ended) {
  Cluster cluster;
  Program top({programs() / "talkctl", "--dir", cluster.directory(), "top", "--json", "--interval", "100ms"});
  wait_until("three looks", [&] { return lines_of(top.written()).size() >= 3; });
  EXPECT_TRUE(Json::parse(lines_of(top.written())[0], nullptr, false).contains("servers"));
  kill(top.pid(), SIGINT);
  EXPECT_EQ(top.wait().exit_code, 128 + SIGINT);
}

TEST(TalkctlAdmin, without_a_cluster_or_its_key_it_says_what_is_missing) {
  ScratchDirectory scratch;
  const Outcome none = run({programs() / "talkctl", "--dir", scratch.path(), "group", "list"});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.err, HasSubstr("no cluster in"));

  Cluster cluster;
  const std::string key = admin_key(cluster);
  const auto path = cluster.directory() / "admin.key";
  std::filesystem::remove(path);
  expect_failure(cluster, {"group", "list"}, 1, "admin.key cannot be read");
  expect_failure(cluster, {"drain", kHere}, 1, "admin.key cannot be read");
  { std::ofstream(path) << std::string(64, '0'); }
  expect_failure(cluster, {"group", "list"}, 1, "has another key than");
  { std::ofstream(path) << key; }
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  out_of(cluster, {"group", "list"});
  cluster.script("stop.sh", {"--now"});
  expect_failure(cluster, {"group", "list"}, 1, "no msg_server of");
}

TEST(TalkctlAdmin, each_command_teaches_with_examples) {
  for (const std::vector<std::string>& command : {std::vector<std::string>{},
                                                  {"group"},
                                                  {"group", "add"},
                                                  {"department"},
                                                  {"send"},
                                                  {"broadcast"},
                                                  {"online"},
                                                  {"kick"},
                                                  {"top"}}) {
    std::vector<std::string> arguments{programs() / "talkctl"};
    arguments.insert(arguments.end(), command.begin(), command.end());
    arguments.emplace_back("--help");
    const Outcome help = run(arguments);
    EXPECT_EQ(help.exit_code, 0) << help.err;
    EXPECT_THAT(help.out, HasSubstr("Examples:"));
  }
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"group"},
                                                {"group", "shake"},
                                                {"group", "show"},
                                                {"group", "show", "x"},
                                                {"kick"},
                                                {"broadcast"},
                                                {"online", "--fast"}}) {
    std::vector<std::string> arguments{programs() / "talkctl"};
    arguments.insert(arguments.end(), wrong.begin(), wrong.end());
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_EQ(lines_of(outcome.err).size(), 1u) << outcome.err;
  }
}

}  // namespace
}  // namespace talkbeat::scenario
