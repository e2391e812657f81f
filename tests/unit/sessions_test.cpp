#include "msg_server/sessions.h"

#include "tests/unit/msg_server_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

class SessionsTest : public MsgServerTest {
 protected:
  uint64_t stamp(ClientClass client_class = ClientClass::kPc) const {
    return users.local(alice, client_class)->login_stamp;
  }
  bool is_here(ClientClass client_class = ClientClass::kPc) const {
    return users.local(alice, client_class) != nullptr;
  }

  void ask_to_move(ConnId conn) {
    TbGoAway notice;
    notice.set_reason(GO_AWAY_DRAIN);
    send_go_away(*connections.find(conn), notice);
  }
  std::vector<CloseReason> reasons_of(const std::string& name) const {
    std::vector<CloseReason> reasons;
    close_log.closed().for_each_newest([&](const ClosedConnection& gone) {
      if (gone.subject == name) reasons.push_back(gone.reason);
      return true;
    });
    return reasons;
  }

  UserId alice = add_user("alice");
};

TEST_F(SessionsTest, a_user_has_one_session_of_each_class) {
  const auto pc = log_in("alice");
  const auto phone = log_in("alice", CLIENT_TYPE_ANDROID);
  sync(*pc);
  sync(*phone);
  EXPECT_EQ(users.local_users(), 1u);
}

TEST_F(SessionsTest, a_new_login_kicks_the_older_session_of_its_class) {
  const auto older = log_in("alice");
  const auto newer = log_in("alice", CLIENT_TYPE_MAC);
  const auto kick = expect<IMKickUser>(*older);
  EXPECT_EQ(kick.user_id(), alice);
  EXPECT_EQ(kick.kick_reason(), KICK_REASON_DUPLICATE_USER);
  expect_end(*older);
  sync(*newer);
  EXPECT_TRUE(is_here());
  EXPECT_TRUE(bus.offline.empty());
}

TEST_F(SessionsTest, a_pc_that_cannot_even_read_its_kick_is_replaced_all_the_same) {
  const auto phone = log_in("alice", CLIENT_TYPE_ANDROID);
  const auto older = log_in("alice");
  expect<IMPCLoginStatusNotify>(*phone);
  Connection& slow = *connections.find(users.local(alice, ClientClass::kPc)->conn);
  slow.set_out_limits({.soft = 1, .soft_ms = 60'000, .hard = 1});
  sessions.kicked_by_bus(alice, ClientClass::kPc, KICK_REASON_DUPLICATE_USER, stamp() + 1);
  EXPECT_FALSE(is_here());
  sync(*phone);
  EXPECT_EQ(phone->waiting<IMPCLoginStatusNotify>(), 0u) << "the PC is online elsewhere";
}

TEST_F(SessionsTest, nothing_is_watched_for_a_connection_that_is_being_closed) {
  const auto client = log_in("alice");
  Connection& connection = *connections.find(users.local(alice, ClientClass::kPc)->conn);
  connection.close(CloseReason::kSlowConsumer);
  sessions.watch(connection, alice + 1);
  EXPECT_EQ(watchers.watched_users(), 0u);
}

TEST_F(SessionsTest, a_kick_by_the_bus_ends_only_sessions_with_lower_stamps) {
  const auto client = log_in("alice");
  sessions.kicked_by_bus(alice, ClientClass::kPc, KICK_REASON_DUPLICATE_USER, stamp() - 1);
  sessions.kicked_by_bus(alice, ClientClass::kPc, KICK_REASON_DUPLICATE_USER, stamp());
  sessions.kicked_by_bus(alice, ClientClass::kMobile, KICK_REASON_DUPLICATE_USER, stamp() + 1);
  sync(*client);
  sessions.kicked_by_bus(alice, ClientClass::kPc, KICK_REASON_DUPLICATE_USER, stamp() + 1);
  expect<IMKickUser>(*client);
  expect_end(*client);
  EXPECT_EQ(bus.offline, std::vector<UserId>{alice});
}

TEST_F(SessionsTest, stamps_grow_though_the_wall_clock_goes_back) {
  const auto first = log_in("alice");
  const uint64_t before = stamp();
  clock.set_wall_clock(clock.unix_seconds() - 3'600);
  const auto second = log_in("alice");
  EXPECT_GT(stamp(), before);
}

TEST_F(SessionsTest, a_stamp_is_above_that_of_a_session_elsewhere) {
  sessions.heard_of_login(UINT64_C(1) << 61);
  const auto client = log_in("alice");
  EXPECT_GT(stamp(), UINT64_C(1) << 61);
}

TEST_F(SessionsTest, a_phone_hears_when_its_users_pc_comes_and_goes) {
  const auto phone = log_in("alice", CLIENT_TYPE_ANDROID);
  auto pc = log_in("alice");
  EXPECT_EQ(expect<IMPCLoginStatusNotify>(*phone).login_stat(), USER_STATUS_ONLINE);
  pc->close();
  EXPECT_EQ(expect<IMPCLoginStatusNotify>(*phone).login_stat(), USER_STATUS_OFFLINE);
  EXPECT_EQ(bus.relayed.back().only, ClientClass::kMobile);
}

TEST_F(SessionsTest, a_phone_does_not_hear_that_the_pc_is_gone_when_another_pc_has_taken_its_place) {
  const auto phone = log_in("alice", CLIENT_TYPE_ANDROID);
  const auto pc = log_in("alice");
  expect<IMPCLoginStatusNotify>(*phone);
  sessions.kicked_by_bus(alice, ClientClass::kPc, KICK_REASON_DUPLICATE_USER, stamp() + 1);
  expect_end(*pc);
  sync(*phone);
  EXPECT_EQ(phone->waiting<IMPCLoginStatusNotify>(), 0u);
}

TEST_F(SessionsTest, a_pc_that_was_asked_to_move_and_has_moved_is_not_gone) {
  const auto phone = log_in("alice", CLIENT_TYPE_ANDROID);
  const auto pc = log_in("alice");
  expect<IMPCLoginStatusNotify>(*phone);
  ask_to_move(users.local(alice, ClientClass::kPc)->conn);
  sessions.kicked_by_bus(alice, ClientClass::kPc, KICK_REASON_DUPLICATE_USER, stamp() + 1);
  expect_end(*pc);
  sync(*phone);
  EXPECT_EQ(phone->waiting<IMPCLoginStatusNotify>(), 0u);
  EXPECT_EQ(reasons_of("alice"), std::vector{CloseReason::kMoved});
}

TEST_F(SessionsTest, a_pc_that_was_asked_to_move_and_is_kicked_by_the_phone_is_gone) {
  const auto phone = log_in("alice", CLIENT_TYPE_ANDROID);
  const auto pc = log_in("alice");
  expect<IMPCLoginStatusNotify>(*phone);
  ask_to_move(users.local(alice, ClientClass::kPc)->conn);
  sessions.kick_pc(alice);
  expect_end(*pc);
  EXPECT_EQ(expect<IMPCLoginStatusNotify>(*phone).login_stat(), USER_STATUS_OFFLINE);
  EXPECT_EQ(reasons_of("alice"), std::vector{CloseReason::kKicked});
}

TEST_F(SessionsTest, a_phone_removes_the_pc_session_here_and_elsewhere) {
  const auto phone = log_in("alice", CLIENT_TYPE_ANDROID);
  const auto pc = log_in("alice");
  const uint64_t pc_stamp = stamp();
  IM::Login::IMKickPCClientReq request;
  request.set_user_id(999);
  phone->send(request);
  EXPECT_EQ(expect<IM::Login::IMKickPCClientRsp>(*phone).result_code(), 0u);
  EXPECT_EQ(expect<IMKickUser>(*pc).kick_reason(), KICK_REASON_MOBILE_KICK);
  expect_end(*pc);
  ASSERT_EQ(bus.kicks.size(), 1u);
  EXPECT_EQ(bus.kicks[0].user, alice);
  EXPECT_GT(bus.kicks[0].stamp, pc_stamp);
  sync(*phone);
}

TEST_F(SessionsTest, the_stamp_of_a_kick_covers_a_pc_session_that_is_not_known_here_yet) {
  const auto phone = log_in("alice", CLIENT_TYPE_ANDROID);
  const uint64_t a_moment_ago = (static_cast<uint64_t>(clock.unix_milliseconds()) - 1) << 16;
  IM::Login::IMKickPCClientReq request;
  request.set_user_id(alice);
  phone->send(request);
  expect<IM::Login::IMKickPCClientRsp>(*phone);
  ASSERT_EQ(bus.kicks.size(), 1u);
  EXPECT_GT(bus.kicks[0].stamp, a_moment_ago);
}

TEST_F(SessionsTest, a_pc_may_not_remove_itself) {
  const auto pc = log_in("alice");
  IM::Login::IMKickPCClientReq request;
  request.set_user_id(alice);
  pc->send(request);
  expect_error(*pc, ERROR_NOT_ALLOWED);
}

TEST_F(SessionsTest, a_logout_is_answered_and_ends_the_session) {
  const auto client = log_in("alice");
  client->send(IM::Login::IMLogoutReq());
  EXPECT_EQ(expect<IM::Login::IMLogoutRsp>(*client).result_code(), 0u);
  expect_end(*client);
  EXPECT_FALSE(is_here());
}

TEST_F(SessionsTest, new_limits_count_for_sessions_that_have_logged_in_already) {
  const auto client = log_in("alice");
  config.client.max_pdu = 4 << 10;
  config.client.message_burst = 1;
  port.settings_changed();
  client->send(message(999, "one"));
  expect_error(*client, ERROR_UNKNOWN_USER);
  client->send(message(999, "two"));
  expect_error(*client, ERROR_RATE_LIMITED);
  client->send(message(999, std::string(8 << 10, 'x')));
  expect_end(*client);
}

TEST_F(SessionsTest, the_operator_ends_sessions_here_and_has_the_others_told) {
  const auto pc = log_in("alice");
  const auto phone = log_in("alice", CLIENT_TYPE_ANDROID);
  EXPECT_EQ(sessions.end_everywhere(alice, std::nullopt, EndReason::kRevoked), 2u);
  EXPECT_EQ(expect<TbGoAway>(*pc).reason(), GO_AWAY_REVOKED);
  expect_end(*pc);
  expect_end(*phone);
  ASSERT_EQ(bus.ends.size(), 2u);
  EXPECT_EQ(bus.ends[0].client_class, ClientClass::kPc);
  EXPECT_EQ(bus.ends[1].client_class, ClientClass::kMobile);
}

TEST_F(SessionsTest, an_end_from_another_server_spares_who_has_logged_in_since) {
  const auto client = log_in("alice");
  const uint64_t stamp = users.local(alice, ClientClass::kPc)->login_stamp;
  sessions.ended_by_bus(alice, ClientClass::kPc, EndReason::kKicked, stamp - 1);
  sync(*client);
  sessions.ended_by_bus(alice, ClientClass::kMobile, EndReason::kKicked, stamp);
  sync(*client);
  sessions.ended_by_bus(alice, ClientClass::kPc, EndReason::kKicked, stamp);
  EXPECT_EQ(expect<TbGoAway>(*client).reason(), GO_AWAY_KICKED);
  expect<IMKickUser>(*client);
  expect_end(*client);
}

TEST_F(SessionsTest, a_login_under_way_while_sessions_end_elsewhere_looks_at_the_account_again) {
  hold_hashing = true;
  const auto client = connect();
  client->send(login("alice"));
  ASSERT_TRUE(until([&] { return hashing.pending() > 0; }));
  ASSERT_TRUE(database->begin_batch().ok());
  ASSERT_TRUE(database->set_disabled(alice, true, 1).ok());
  ASSERT_TRUE(database->commit_batch().ok());
  sessions.ended_by_bus(alice, ClientClass::kPc, EndReason::kRevoked, UINT64_MAX);
  hold_hashing = false;
  EXPECT_NE(expect<IMLoginRes>(*client).result_code(), REFUSE_REASON_NONE);
}

}  // namespace
}  // namespace talkbeat::msg_server_test
