// Who gets in, who does not, and what a connection may do before it has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>

#include "tests/scenario/cluster.h"
#include "tests/scenario/requests.h"

namespace talkbeat::scenario {
namespace {

using IM::BaseDefine::REFUSE_REASON_DB_VALIDATE_FAILED;
using IM::BaseDefine::REFUSE_REASON_NONE;
using IM::Login::IMLoginRes;

// The answer without what differs from one second to the next.
std::string comparable(IMLoginRes answer) {
  answer.set_server_time(0);
  return answer.ShortDebugString();
}

// A login on a connection of its own that has to be refused: the answer is all that comes, and then the end.
IMLoginRes refused(const Cluster& cluster, const std::string& server, const std::string& name,
                   std::string_view password) {
  WireClient client(cluster.client_port(server));
  const IMLoginRes answer = client.try_log_in(name, password);
  EXPECT_EQ(answer.result_code(), REFUSE_REASON_DB_VALIDATE_FAILED) << name;
  EXPECT_FALSE(answer.has_user_info()) << name;
  EXPECT_FALSE(answer.has_session_token()) << name;
  client.expect_close();
  EXPECT_TRUE(client.inbox().empty()) << name << ": " << shown(client.inbox().front());
  return answer;
}

bool lets_in(const Cluster& cluster, const std::string& server, const std::string& name, std::string_view password) {
  WireClient client(cluster.client_port(server));
  return client.try_log_in(name, password).result_code() == REFUSE_REASON_NONE;
}

TEST(Login, the_answer_says_who_one_is_and_what_time_it_is) {
  Cluster cluster;
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_1"));
  const IMLoginRes answer = alice.log_in("alice", IM::BaseDefine::CLIENT_TYPE_MAC);
  EXPECT_NEAR(answer.server_time(), static_cast<double>(std::time(nullptr)), 60);
  EXPECT_EQ(answer.online_status(), IM::BaseDefine::USER_STATUS_ONLINE);
  EXPECT_EQ(answer.user_info().user_domain(), "alice");
  EXPECT_EQ(answer.user_info().status(), 0u);
  EXPECT_NE(answer.user_info().user_id(), 0u);
  bob.log_in("bob", IM::BaseDefine::CLIENT_TYPE_IOS);
  EXPECT_NE(bob.user_id(), alice.user_id());
}

TEST(Login, a_wrong_password_an_unknown_name_and_an_impossible_one_get_the_very_same_answer) {
  Cluster cluster;
  const std::string wrong = comparable(refused(cluster, "msg_server_0", "alice", "guess"));
  EXPECT_THAT(wrong, testing::HasSubstr("result_string"));
  for (const std::string& name :
       {std::string("nobody"), std::string(""), std::string(65, 'x'), std::string("ALICE\0", 6)}) {
    EXPECT_EQ(comparable(refused(cluster, "msg_server_0", name, kPassword)), wrong) << name;
  }
  EXPECT_EQ(comparable(refused(cluster, "msg_server_1", "bob", "")), wrong);
  EXPECT_TRUE(lets_in(cluster, "msg_server_0", "alice", kPassword));
}

TEST(Login, a_disabled_account_and_an_old_password_are_refused_at_once_on_all_servers) {
  Cluster cluster;
  ASSERT_TRUE(lets_in(cluster, "msg_server_0", "alice", kPassword));
  ASSERT_EQ(cluster.talkctl({"user", "disable", "alice"}).exit_code, 0);
  refused(cluster, "msg_server_0", "alice", kPassword);
  refused(cluster, "msg_server_1", "alice", kPassword);
  ASSERT_EQ(cluster.talkctl({"user", "enable", "alice"}).exit_code, 0);
  EXPECT_TRUE(lets_in(cluster, "msg_server_1", "alice", kPassword));

  ASSERT_EQ(cluster.talkctl({"user", "passwd", "alice", "--password", "another one"}).exit_code, 0);
  refused(cluster, "msg_server_0", "alice", kPassword);
  EXPECT_TRUE(lets_in(cluster, "msg_server_0", "alice", "another one"));
  EXPECT_TRUE(lets_in(cluster, "msg_server_1", "bob", kPassword));
}

TEST(Login, a_second_login_on_one_connection_is_refused_and_changes_nothing) {
  Cluster cluster;
  WireClient client(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_1"));
  client.log_in("alice");
  bob.log_in("bob");
  for (const char* name : {"bob", "alice", "nobody"}) {
    IM::Login::IMLoginReq again;
    again.set_user_name(name);
    again.set_password("irrelevant");
    again.set_online_status(IM::BaseDefine::USER_STATUS_ONLINE);
    again.set_client_type(kMobile);
    client.expect_error(ERROR_ALREADY_LOGGED_IN, client.send(again));
  }
  await_online(client, bob.user_id());
  client.tell(bob.user_id(), "still alice");
  EXPECT_EQ(bob.expect<IM::Message::IMMsgData>().from_user_id(), client.user_id());
}

TEST(Login, logging_out_is_answered_and_ends_the_connection_whether_logged_in_or_not) {
  Cluster cluster;
  WireClient bob(cluster.client_port("msg_server_1"));
  bob.log_in("bob");
  WireClient stranger(cluster.client_port("msg_server_0"));
  EXPECT_EQ(stranger.ask<IM::Login::IMLogoutRsp>(IM::Login::IMLogoutReq()).result_code(), 0u);
  stranger.expect_close();

  WireClient alice(cluster.client_port("msg_server_0"));
  alice.log_in("alice");
  await_online(bob, alice.user_id());
  // What comes after the logout in the same write is not looked at any more.
  alice.send_raw(encode(IM::Login::IMLogoutReq(), 50) + encode(text_to(alice, bob.user_id(), "too late"), 51));
  EXPECT_EQ(alice.expect<IM::Login::IMLogoutRsp>(50).result_code(), 0u);
  alice.expect_close();
  EXPECT_TRUE(alice.inbox().empty());
  wait_until("alice is offline",
             [&] { return status_of(bob, alice.user_id()) == IM::BaseDefine::USER_STATUS_OFFLINE; });
  EXPECT_EQ(latest_id_of(bob, alice.user_id()), 0u);
}

// Every command that there is, with a body that would have an effect where it is one that a client may send.
std::vector<std::pair<uint16_t, std::string>> everything(uint32_t as, uint32_t to) {
  std::vector<std::pair<uint16_t, std::string>> all;
  const auto add = [&](const auto& message) {
    using Message = std::decay_t<decltype(message)>;
    all.emplace_back(kCommandOf<Message>, message.SerializePartialAsString());
  };
  const auto add_about = [&](auto request) {
    request.set_user_id(as);
    request.set_session_type(IM::BaseDefine::SESSION_TYPE_SINGLE);
    request.set_session_id(to);
    return request;
  };
  IM::Message::IMMsgData message;
  message.set_from_user_id(as);
  message.set_to_session_id(to);
  message.set_msg_id(0);
  message.set_create_time(0);
  message.set_msg_type(IM::BaseDefine::MSG_TYPE_SINGLE_TEXT);
  message.set_msg_data("before the login");
  add(message);
  auto read = add_about(IM::Message::IMMsgDataReadAck());
  read.set_msg_id(1);
  add(read);
  add(add_about(IM::Buddy::IMRemoveSessionReq()));
  auto list = add_about(IM::Message::IMGetMsgListReq());
  list.set_msg_id_begin(0);
  list.set_msg_cnt(10);
  add(list);
  IM::Login::IMKickPCClientReq kick;
  kick.set_user_id(as);
  add(kick);
  // The rest is not parsed before the login, so it may as well be empty.
  constexpr uint16_t kFirst[] = {0x0101, 0x0201, 0x0301, 0x0401, 0x0501, 0x0601, 0x0702, 0x0901};
  for (const uint16_t first : kFirst) {
    for (uint16_t command = first; command < (first & 0xff00) + 0x40; ++command) {
      const bool allowed =
          command == 0x0103 || command == 0x0105 || command == 0x0501;  // a login of either kind, a logout
      if (!allowed) all.emplace_back(command, "");
    }
  }
  return all;
}

TEST(Login, before_it_every_other_command_is_refused_and_has_no_effect) {
  ClusterOptions options;
  options.settings = {"client.handshake_timeout=120s"};
  Cluster cluster(options);
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_1"));
  alice.log_in("alice");
  bob.log_in("bob");
  await_online(alice, bob.user_id());
  alice.tell(bob.user_id(), "the only one");
  bob.expect<IM::Message::IMMsgData>();

  WireClient stranger(cluster.client_port("msg_server_1"));
  for (const auto& [command, body] : everything(bob.user_id(), alice.user_id())) {
    const uint16_t seq = stranger.next_seq();
    stranger.send_raw(encode(command, seq, body));
    const TbError error = stranger.expect_error(ERROR_NOT_LOGGED_IN, seq);
    EXPECT_EQ(error.command_id(), command);
    EXPECT_EQ(error.service_id(), command >> 8);
    EXPECT_EQ(error.seq_num(), seq);
  }
  stranger.ask<IM::Other::IMHeartBeat>(IM::Other::IMHeartBeat());
  IM::Other::IMHeartBeat curious;
  curious.set_want_status(true);
  EXPECT_FALSE(stranger.ask<IM::Other::IMHeartBeat>(curious).has_unread_total());
  EXPECT_TRUE(stranger.inbox().empty());

  EXPECT_EQ(latest_id_of(alice, bob.user_id()), 1u);
  EXPECT_EQ(unread_of(bob).total_cnt(), 1u);
  EXPECT_EQ(recent_peers_of(bob).size(), 1u);
  EXPECT_TRUE(bob.inbox().empty());
  stranger.log_in("alice", kMobile);
}

}  // namespace
}  // namespace talkbeat::scenario
