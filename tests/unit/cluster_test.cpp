// What login_server does between msg_servers: presence, kicks, relayed PDUs. (Sweeps: cluster_sweep_test.cpp.)
#include <gmock/gmock.h>

#include "proto/end_reason.h"
#include "proto/login_stamp.h"
#include "tests/unit/login_server_fixture.h"
#include "tests/unit/whole_pdu.h"

namespace talkbeat::login_server_test {
namespace {

using testing::HasSubstr;

using ClusterTest = LoginServerTest;

TEST_F(ClusterTest, a_server_learns_who_is_on_the_others_and_then_the_net_changes) {
  IMOnlineUserInfo users;
  add_user(users, 1, 10);
  add_user(users, 2, 10, CLIENT_TYPE_ANDROID);
  auto a = register_server("msg_server_a", info(), users);
  IMOnlineUserInfo own;
  add_user(own, 3, 10);
  auto b = register_server("msg_server_b", info(), own);
  advance(200);
  EXPECT_EQ(shown(wait_for<IMOnlineUserInfo>(*b)), "1+ 2+");
  EXPECT_EQ(shown(wait_for<IMOnlineUserInfo>(*a)), "3+");

  a->send(status(4, USER_STATUS_ONLINE, 11));
  a->send(status(1, USER_STATUS_OFFLINE, 10));
  a->send(status(5, USER_STATUS_ONLINE, 11));
  a->send(status(5, USER_STATUS_OFFLINE, 11));
  settle(*a);
  EXPECT_EQ(b->count<IMOnlineUserInfo>(), 0u) << "changes are gathered";
  advance(200);
  EXPECT_EQ(shown(wait_for<IMOnlineUserInfo>(*b)), "1- 4+");
  settle(*a);
  EXPECT_EQ(a->count<IMOnlineUserInfo>(), 0u) << "its own users are no news";

  a->close();
  ASSERT_TRUE(until([&] { return get_json("/api/cluster")["servers"].size() == 1; }));
  advance(200);
  EXPECT_EQ(shown(wait_for<IMOnlineUserInfo>(*b)), "2- 4-");
}

TEST_F(ClusterTest, a_user_that_moves_is_elsewhere_for_the_old_server_and_no_more_for_the_new_one) {
  auto a = register_server("msg_server_a");
  auto b = register_server("msg_server_b");
  a->send(status(7, USER_STATUS_ONLINE, 1));
  settle(*a);
  advance(200);
  EXPECT_EQ(shown(wait_for<IMOnlineUserInfo>(*b)), "7+");
  b->send(status(7, USER_STATUS_ONLINE, 2));
  settle(*b);
  advance(200);
  EXPECT_EQ(shown(wait_for<IMOnlineUserInfo>(*a)), "7+");
  EXPECT_EQ(shown(wait_for<IMOnlineUserInfo>(*b)), "7-");
}

TEST_F(ClusterTest, many_users_come_in_chunks) {
  config_.presence.chunk = 100;
  IMOnlineUserInfo users;
  for (uint32_t user = 1; user <= 250; ++user) add_user(users, user, 1);
  auto a = register_server("msg_server_a", info(), users);
  auto b = register_server("msg_server_b");
  advance(200);
  std::vector<int> sizes;
  while (sizes.size() < 3) {
    const auto chunk = wait_for<IMOnlineUserInfo>(*b);
    ASSERT_TRUE(chunk);
    sizes.push_back(chunk->user_stat_list_size());
  }
  EXPECT_EQ(sizes, (std::vector{100, 100, 50}));
}

TEST_F(ClusterTest, a_server_that_says_a_stamp_of_no_clock_keeps_nobody_out) {
  auto a = register_server("msg_server_a");
  auto b = register_server("msg_server_b");
  uint32_t user = 7;
  for (const uint64_t nonsense : {UINT64_MAX, uint64_t{1} << 63, kFirstImpossibleStamp}) {
    a->send(status(user, USER_STATUS_ONLINE, nonsense));
    settle(*a);
    b->send(status(user, USER_STATUS_ONLINE, 10));
    const auto kick = wait_for<IMServerKickUser>(*a);
    ASSERT_TRUE(kick);
    EXPECT_EQ(kick->user_id(), user++);
    EXPECT_EQ(b->count<IMServerKickUser>(), 0u);
  }
  IMOnlineUserInfo users;
  add_user(users, 20, UINT64_MAX);
  a->send(users);
  settle(*a);
  a->send(status(20, USER_STATUS_OFFLINE, UINT64_MAX));
  settle(*a);
  EXPECT_EQ(get_json("/api/cluster")["servers"][0]["users"], 0);
}

TEST_F(ClusterTest, of_two_sessions_the_older_ones_server_is_told_to_kick) {
  auto a = register_server("msg_server_a");
  auto b = register_server("msg_server_b");
  a->send(status(7, USER_STATUS_ONLINE, 20));
  settle(*a);
  b->send(status(7, USER_STATUS_ONLINE, 10));
  auto kick = wait_for<IMServerKickUser>(*b);
  ASSERT_TRUE(kick);
  EXPECT_EQ(kick->login_stamp(), 20u);
  b->send(status(7, USER_STATUS_ONLINE, 30));
  kick = wait_for<IMServerKickUser>(*a);
  ASSERT_TRUE(kick);
  EXPECT_EQ(kick->user_id(), 7u);
  EXPECT_EQ(kick->reason(), static_cast<uint32_t>(IM::BaseDefine::KICK_REASON_DUPLICATE_USER));
  EXPECT_EQ(kick->login_stamp(), 30u);
  settle(*b);
  EXPECT_EQ(b->count<IMServerKickUser>(), 0u);
}

TEST_F(ClusterTest, a_user_list_is_resolved_like_logins) {
  IMOnlineUserInfo first;
  add_user(first, 7, 20);
  add_user(first, 8, 20);
  auto a = register_server("msg_server_a", info(), first);
  IMOnlineUserInfo second;
  add_user(second, 7, 10);
  add_user(second, 8, 30);
  auto b = register_server("msg_server_b", info(), second);
  EXPECT_EQ(wait_for<IMServerKickUser>(*b)->user_id(), 7u);
  EXPECT_EQ(wait_for<IMServerKickUser>(*a)->user_id(), 8u);
}

TEST_F(ClusterTest, a_kick_reaches_the_server_that_holds_the_session) {
  auto a = register_server("msg_server_a");
  auto b = register_server("msg_server_b");
  auto c = register_server("msg_server_c");
  b->send(status(7, USER_STATUS_ONLINE, 1));
  settle(*b);
  IMServerKickUser kick;
  kick.set_user_id(7);
  kick.set_client_type(CLIENT_TYPE_WINDOWS);
  kick.set_reason(IM::BaseDefine::KICK_REASON_MOBILE_KICK);
  a->send(kick);
  EXPECT_EQ(wait_for<IMServerKickUser>(*b)->reason(), static_cast<uint32_t>(IM::BaseDefine::KICK_REASON_MOBILE_KICK));
  kick.set_client_type(CLIENT_TYPE_ANDROID);
  a->send(kick);
  b->send(kick);
  settle(*a);
  settle(*b);
  settle(*c);
  EXPECT_EQ(a->count<IMServerKickUser>() + b->count<IMServerKickUser>() + c->count<IMServerKickUser>(), 0u);
}

TEST_F(ClusterTest, a_relay_goes_once_to_each_other_server_that_has_one_of_the_users) {
  auto a = register_server("msg_server_a");
  auto b = register_server("msg_server_b");
  auto c = register_server("msg_server_c");
  auto d = register_server("msg_server_d");
  a->send(status(1, USER_STATUS_ONLINE, 1));
  b->send(status(2, USER_STATUS_ONLINE, 1));
  b->send(status(3, USER_STATUS_ONLINE, 1));
  c->send(status(3, USER_STATUS_ONLINE, 1, CLIENT_TYPE_ANDROID));
  for (Peer* peer : {a.get(), b.get(), c.get()}) settle(*peer);

  TbRelay relay;
  for (const uint32_t user : {1u, 2u, 3u, 99u}) relay.add_user_ids(user);
  relay.set_pdu(whole_pdu(std::string_view("any bytes\0with zero", 19)));
  relay.set_message_sequence(42);
  a->send(relay);
  for (Peer* peer : {b.get(), c.get()}) {
    const auto copy = wait_for<TbRelay>(*peer);
    ASSERT_TRUE(copy);
    EXPECT_EQ(copy->SerializeAsString(), relay.SerializeAsString());
  }
  relay.set_client_class(1);
  a->send(relay);
  EXPECT_TRUE(wait_for<TbRelay>(*c));
  TbRelay to_nobody;
  to_nobody.add_user_ids(99);
  to_nobody.set_pdu(whole_pdu("x"));
  a->send(to_nobody);
  for (Peer* peer : {a.get(), b.get(), c.get(), d.get()}) {
    settle(*peer);
    EXPECT_EQ(peer->count<TbRelay>(), 0u);
  }
  EXPECT_THAT(metrics_->render(), HasSubstr(R"(talkbeat_relays_total{result="forwarded"} 2)"));
  EXPECT_THAT(metrics_->render(), HasSubstr(R"(talkbeat_relays_total{result="dropped"} 1)"));
}

// The receiving clients would get it as it is, and no longer know where a PDU begins.
TEST_F(ClusterTest, what_is_not_one_whole_pdu_is_not_relayed) {
  auto b = register_server("msg_server_b");
  b->send(status(7, USER_STATUS_ONLINE, 1));
  settle(*b);
  const std::string pdu = whole_pdu("hello");
  for (const std::string& bad : {std::string(), pdu.substr(0, 15), pdu.substr(0, pdu.size() - 1), pdu + "x"}) {
    TbRelay to_user;
    to_user.add_user_ids(7);
    TbRelay to_watchers;
    to_watchers.set_watchers_of(7);
    for (TbRelay* relay : {&to_user, &to_watchers}) {
      auto a = register_server("msg_server_a");
      relay->set_pdu(bad);
      a->send(*relay);
      EXPECT_EQ(wait_for<TbError>(*a).value_or(TbError()).code(), ERROR_MALFORMED);
    }
  }
  settle(*b);
  EXPECT_EQ(b->count<TbRelay>(), 0u);
}

TEST_F(ClusterTest, a_user_who_comes_online_gets_what_was_relayed_a_moment_ago) {
  auto a = register_server("msg_server_a");
  auto b = register_server("msg_server_b");
  TbRelay relay;
  relay.add_user_ids(5);
  relay.set_pdu(whole_pdu("came before the news of the login"));
  relay.set_message_sequence(42);
  a->send(relay);
  settle(*a);
  EXPECT_EQ(b->count<TbRelay>(), 0u);
  b->send(status(5, USER_STATUS_ONLINE, 1));
  const auto late = wait_for<TbRelay>(*b);
  ASSERT_TRUE(late);
  EXPECT_EQ(late->SerializeAsString(), relay.SerializeAsString());
  // Not back to the server that it came from.
  a->send(status(5, USER_STATUS_ONLINE, 2));
  settle(*a);
  EXPECT_EQ(a->count<TbRelay>(), 0u);
}

TbRelay relay_to_group(uint32_t group) {
  TbRelay relay;
  relay.set_group_id(group);
  relay.set_group_version(3);
  relay.set_except_user_id(7);
  relay.set_pdu(whole_pdu("for a group"));
  relay.set_message_sequence(42);
  return relay;
}

TbRelay relay_to_watchers(uint32_t user) {
  TbRelay relay;
  relay.set_watchers_of(user);
  relay.set_pdu(whole_pdu("for those who are interested"));
  return relay;
}

// Also to servers without a single user: who is concerned they know themselves.
TEST_F(ClusterTest, a_relay_to_a_group_or_to_watchers_goes_once_to_every_other_server) {
  auto a = register_server("msg_server_a");
  auto b = register_server("msg_server_b");
  auto c = register_server("msg_server_c");
  for (const TbRelay& relay : {relay_to_group(5), relay_to_watchers(6)}) {
    a->send(relay);
    for (Peer* peer : {b.get(), c.get()}) {
      const auto copy = wait_for<TbRelay>(*peer);
      ASSERT_TRUE(copy);
      EXPECT_EQ(copy->SerializeAsString(), relay.SerializeAsString());
    }
  }
  for (Peer* peer : {a.get(), b.get(), c.get()}) {
    settle(*peer);
    EXPECT_EQ(peer->count<TbRelay>(), 0u);
  }
}

TEST_F(ClusterTest, a_relay_to_a_group_is_not_kept_for_those_who_come_online) {
  auto a = register_server("msg_server_a");
  auto b = register_server("msg_server_b");
  a->send(relay_to_group(5));
  EXPECT_TRUE(wait_for<TbRelay>(*b));
  for (const uint32_t user : {5u, 0u}) b->send(status(user, USER_STATUS_ONLINE, 1));
  settle(*b);
  EXPECT_EQ(b->count<TbRelay>(), 0u);
}

TEST_F(ClusterTest, a_relay_to_a_group_with_one_server_is_for_nobody) {
  auto a = register_server("msg_server_a");
  a->send(relay_to_group(5));
  settle(*a);
  EXPECT_EQ(a->count<TbRelay>(), 0u);
  EXPECT_THAT(metrics_->render(), HasSubstr(R"(talkbeat_relays_total{result="dropped"} 1)"));
}

// --- a link that is closed as a slow reader in the middle of what is sent to it

class SlowLinkTest : public LoginServerTest {
 protected:
  SlowLinkTest() {
    // What is sent to one link while nobody reads exceeds this.
    config_.cluster.link.out.soft = config_.cluster.link.out.hard = 100;
    config_.presence.chunk = 1;
  }
  size_t servers() { return get_json("/api/cluster")["servers"].size(); }
};

TEST_F(SlowLinkTest, while_relays_are_forwarded_to_it) {
  IMMsgServInfo returning = info();
  returning.set_after_sequence(77);
  auto b = register_server("msg_server_b", returning);
  auto a = register_server("msg_server_a");
  b->send(status(7, USER_STATUS_ONLINE, 1));
  settle(*b);
  TbRelay relay;
  relay.add_user_ids(7);
  relay.set_pdu(whole_pdu(std::string(200, 'x')));
  transport_.writes_block = true;
  for (int i = 0; i < 3; ++i) a->send(relay);
  EXPECT_TRUE(wait_closed(*b));
  transport_.writes_block = false;
  EXPECT_EQ(servers(), 1u);
  EXPECT_EQ(wait_for<TbSweep>(*a)->after_sequence(), 77u);
}

TEST_F(SlowLinkTest, while_its_own_user_list_is_taken) {
  IMOnlineUserInfo users;
  for (uint32_t user = 1; user <= 20; ++user) add_user(users, user, 10);
  auto a = register_server("msg_server_a", info(), users);
  users.Clear();
  for (uint32_t user = 1; user <= 20; ++user) add_user(users, user, 5);
  auto b = prove("msg_server_b");
  transport_.writes_block = true;
  b->send(info());
  b->send(users);
  EXPECT_TRUE(wait_closed(*b));
  transport_.writes_block = false;
  EXPECT_EQ(servers(), 1u);
  EXPECT_EQ(get_json("/api/cluster")["users_online"], 20);
}

TEST_F(SlowLinkTest, while_it_is_told_about_the_others_users) {
  IMOnlineUserInfo users;
  for (uint32_t user = 1; user <= 20; ++user) add_user(users, user, 10);
  auto a = register_server("msg_server_a", info(), users);
  auto b = register_server("msg_server_b");
  transport_.writes_block = true;
  advance(200);
  EXPECT_TRUE(wait_closed(*b));
  transport_.writes_block = false;
  EXPECT_EQ(servers(), 1u);
}

TEST_F(ClusterTest, an_operators_end_of_a_session_goes_to_all_others) {
  auto a = register_server("msg_server_a");
  auto b = register_server("msg_server_b");
  auto c = register_server("msg_server_c");
  IMServerKickUser order;
  order.set_user_id(7);
  order.set_client_type(IM::BaseDefine::CLIENT_TYPE_WINDOWS);
  order.set_reason(static_cast<uint32_t>(EndReason::kRevoked));
  order.set_login_stamp(99);
  a->send(order);
  for (auto* other : {&b, &c}) {
    const auto told = wait_for<IMServerKickUser>(**other);
    ASSERT_TRUE(told) << "also where nothing is known of the user: a login may be under way";
    EXPECT_EQ(told->user_id(), 7u);
    EXPECT_EQ(told->reason(), static_cast<uint32_t>(EndReason::kRevoked));
    EXPECT_EQ(told->login_stamp(), 99u);
  }
  settle(*a);
  EXPECT_EQ(a->count<IMServerKickUser>(), 0u);
}

}  // namespace
}  // namespace talkbeat::login_server_test
