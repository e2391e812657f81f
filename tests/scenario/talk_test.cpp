// The main job, end to end: people find a server, log in, and talk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenario/cluster.h"

namespace talkbeat::scenario {
namespace {

using testing::HasSubstr;

TEST(Talk, two_people_on_two_msg_servers_talk) {
  Cluster cluster;
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_1"));
  alice.log_in("alice");
  bob.log_in("bob");

  EXPECT_EQ(alice.tell(bob.user_id(), "hello bob").msg_id(), 1u);
  const auto heard = bob.expect<IM::Message::IMMsgData>();
  EXPECT_EQ(heard.msg_data(), "hello bob");
  EXPECT_EQ(heard.from_user_id(), alice.user_id());
  EXPECT_EQ(heard.to_session_id(), bob.user_id());
  EXPECT_EQ(heard.msg_id(), 1u);
  EXPECT_GT(heard.create_time(), 0u);

  EXPECT_EQ(bob.tell(alice.user_id(), "hello alice").msg_id(), 2u);
  EXPECT_EQ(alice.expect<IM::Message::IMMsgData>().msg_data(), "hello alice");
}

TEST(Talk, two_people_talk_with_talkchat) {
  Cluster cluster;
  const auto chat = [&](const std::string& server, const std::string& user, const std::vector<std::string>& more) {
    std::vector<std::string> all{programs() / "talkchat",
                                 "--server",
                                 "127.0.0.1:" + std::to_string(cluster.client_port(server)),
                                 "--user",
                                 user,
                                 "--password",
                                 std::string(kPassword)};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  Program bob(chat("msg_server_1", "bob", {"recv", "--count", "1", "--timeout", "60s"}));
  const Outcome sent = run(chat("msg_server_0", "alice", {"send", "--to", "bob", "hello from a script"}));
  EXPECT_EQ(sent.exit_code, 0) << sent.err;
  const Outcome received = bob.wait();
  EXPECT_EQ(received.exit_code, 0) << received.err;
  EXPECT_THAT(received.out, HasSubstr("hello from a script"));
}

// SQLite drops the write-ahead log when the last connection closes: a tool that comes and goes must not look like that.
TEST(Talk, talkctl_can_read_and_write_beside_running_servers) {
  ClusterOptions options;
  options.users.clear();
  Cluster cluster(options);
  EXPECT_EQ(cluster.talkctl({"user", "list"}).exit_code, 0);
  cluster.add_user("alice");
  cluster.add_user("bob");
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_1"));
  alice.log_in("alice");
  bob.log_in("bob");
  EXPECT_EQ(alice.tell(bob.user_id(), "still there?").msg_id(), 1u);
  EXPECT_EQ(bob.expect<IM::Message::IMMsgData>().msg_data(), "still there?");
  EXPECT_TRUE(std::filesystem::exists(cluster.directory() / "talkbeat.db-wal"));
}

// stranger.py has no code of ours, only PROTOCOL.md.
void let_a_stranger_in(const std::vector<std::string>& how) {
  Cluster cluster;
  const auto at = [](uint16_t port) { return "127.0.0.1:" + std::to_string(port); };
  std::vector<std::string> command{"python3", source_directory() / "tests/scenario/stranger.py"};
  for (const auto& [flag, value] : {std::pair{"--login-http", at(cluster.http_port("login_server_0"))},
                                    {"--login-pdu", at(cluster.client_port("login_server_0"))},
                                    {"--msg-a", at(cluster.client_port("msg_server_0"))},
                                    {"--msg-b", at(cluster.client_port("msg_server_1"))},
                                    {"--user-a", std::string("alice")},
                                    {"--user-b", std::string("bob")},
                                    {"--password", std::string(kPassword)}}) {
    command.insert(command.end(), {flag, value});
  }
  command.insert(command.end(), how.begin(), how.end());
  const Outcome outcome = run(command, 120s);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
}

TEST(Talk, a_stranger_with_only_the_protocol_page_can_use_the_server) {
  let_a_stranger_in({});
}

TEST(Talk, a_stranger_who_writes_byte_by_byte_can_use_the_server) {
  let_a_stranger_in({"--chunk", "1"});
}

TEST(Talk, a_stranger_who_writes_500_pdus_at_once_can_use_the_server) {
  let_a_stranger_in({"--pipeline", "500"});
}

}  // namespace
}  // namespace talkbeat::scenario
