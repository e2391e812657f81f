// When login_server makes msg_servers sweep: read from the store what a broken link may have swallowed.
#include <gmock/gmock.h>

#include "tests/unit/login_server_fixture.h"

namespace talkbeat::login_server_test {
namespace {

using ClusterTest = LoginServerTest;

IMHeartBeat load_of(uint64_t sequence) {
  IMHeartBeat heartbeat;
  auto& load = *heartbeat.mutable_load();
  load.set_connections(1);
  load.set_max_connections(100);
  load.set_users(1);
  load.set_draining(false);
  load.set_message_sequence(sequence);
  return heartbeat;
}

TEST_F(ClusterTest, a_lost_server_makes_the_others_sweep) {
  auto a = register_server("msg_server_a");
  auto b = register_server("msg_server_b");
  a->send(load_of(1234));
  settle(*a);
  a->close();
  EXPECT_EQ(wait_for<TbSweep>(*b)->after_sequence(), 1234u);
}

// Without a link it has gone on serving, and has stored what nobody else has heard of; then it was killed.
TEST_F(ClusterTest, a_lost_server_makes_the_others_sweep_again_when_a_new_process_takes_its_place) {
  auto a = register_server("msg_server_a");
  auto b = register_server("msg_server_b");
  a->send(load_of(1234));
  settle(*a);
  a->close();
  EXPECT_EQ(wait_for<TbSweep>(*b)->after_sequence(), 1234u);
  auto again = register_server("msg_server_a");
  EXPECT_EQ(wait_for<TbSweep>(*b)->after_sequence(), 1234u);
  EXPECT_EQ(again->count<TbSweep>(), 0u);
}

// It was without a link while this login_server took another one's place, went on serving, and was killed: that it has
// been there at all nobody can say, and its new process knows only how far the store had got by then.
TEST_F(ClusterTest, a_server_that_is_new_here_makes_the_others_sweep_from_where_this_login_server_began) {
  IMMsgServInfo returning = info();
  returning.set_after_sequence(77);
  auto a = register_server("msg_server_a", returning);
  IMMsgServInfo fresh = info();
  fresh.set_after_sequence(500);
  auto b = register_server("msg_server_b", fresh);
  EXPECT_EQ(wait_for<TbSweep>(*a)->after_sequence(), 77u);
}

TEST_F(ClusterTest, a_server_that_missed_a_time_makes_the_others_sweep_when_it_registers) {
  auto a = register_server("msg_server_a");
  IMMsgServInfo returning = info();
  returning.set_after_sequence(77);
  auto b = register_server("msg_server_b", returning);
  EXPECT_EQ(wait_for<TbSweep>(*a)->after_sequence(), 77u);
  EXPECT_EQ(b->count<TbSweep>(), 0u);
}

// The link was cut, though it was not known yet, when the order went out.
TEST_F(ClusterTest, an_order_to_sweep_that_may_be_lost_with_a_link_is_repeated_on_the_next_one) {
  auto a = register_server("msg_server_a");
  auto b = register_server("msg_server_b");
  a->send(load_of(50));
  settle(*a);
  a->close();
  EXPECT_EQ(wait_for<TbSweep>(*b)->after_sequence(), 50u);
  b->close();
  ASSERT_TRUE(until([&] { return get_json("/api/cluster")["servers"].empty(); }));
  IMMsgServInfo returning = info();
  returning.set_after_sequence(77);
  auto again = register_server("msg_server_b", returning);
  again->send(load_of(80));
  EXPECT_EQ(wait_for<TbSweep>(*again)->after_sequence(), 50u);
}

// Behind the kicks: sessions whose users have gone elsewhere get nothing any more.
TEST_F(ClusterTest, a_server_that_missed_a_time_sweeps_itself_when_its_users_are_known) {
  auto a = register_server("msg_server_a");
  a->send(status(5, USER_STATUS_ONLINE, 20));
  settle(*a);
  IMMsgServInfo returning = info();
  returning.set_after_sequence(77);
  IMOnlineUserInfo users;
  add_user(users, 5, 10);
  auto b = register_server("msg_server_b", returning, users);
  EXPECT_EQ(b->count<TbSweep>(), 0u);
  EXPECT_EQ(wait_for<IMServerKickUser>(*b)->user_id(), 5u);
  b->send(load_of(80));
  EXPECT_EQ(wait_for<TbSweep>(*b)->after_sequence(), 77u);
  b->send(load_of(81));
  settle(*b);
  EXPECT_EQ(b->count<TbSweep>(), 0u) << "once";
}

}  // namespace
}  // namespace talkbeat::login_server_test
