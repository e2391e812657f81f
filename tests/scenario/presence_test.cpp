// Who is told that somebody has come or gone, and who is not.
#include <gtest/gtest.h>

#include "tests/scenario/cluster.h"
#include "tests/scenario/requests.h"

namespace talkbeat::scenario {
namespace {

using IM::BaseDefine::USER_STATUS_OFFLINE;
using IM::BaseDefine::USER_STATUS_ONLINE;
using IM::Buddy::IMUsersStatReq;
using IM::Buddy::IMUsersStatRsp;
using IM::Buddy::IMUserStatNotify;
using IM::Login::IMLogoutReq;
using IM::Login::IMLogoutRsp;

IMUsersStatRsp ask_about(WireClient& client, const std::vector<uint32_t>& users) {
  IMUsersStatReq request;
  request.set_user_id(client.user_id());
  for (const uint32_t user : users) request.add_user_id_list(user);
  return client.ask<IMUsersStatRsp>(request);
}

void expect_notify(WireClient& client, uint32_t user, IM::BaseDefine::UserStatType status) {
  const auto notify = client.expect<IMUserStatNotify>();
  EXPECT_EQ(notify.user_stat().user_id(), user);
  EXPECT_EQ(notify.user_stat().status(), status);
}

void expect_none(WireClient& client) {
  client.sync();
  EXPECT_EQ(client.waiting<IMUserStatNotify>(), 0u);
}

uint32_t id_of(WireClient& client, const std::string& name) {
  IM::Buddy::IMAllUserReq request;
  request.set_user_id(client.user_id());
  request.set_latest_update_time(0);
  const auto answer = client.ask<IM::Buddy::IMAllUserRsp>(request);
  for (const auto& user : answer.user_list()) {
    if (user.user_domain() == name) return user.user_id();
  }
  throw Unexpected("no user " + name);
}

TEST(Presence, pc_sessions_hear_of_those_whom_they_asked_about_or_talk_with_and_nobody_else_does) {
  ClusterOptions options;
  options.users = {"alice", "bob", "carol", "dave", "erin"};
  Cluster cluster(options);
  const uint16_t here = cluster.client_port("msg_server_0");
  const uint16_t there = cluster.client_port("msg_server_1");
  WireClient alice(here);
  WireClient alice_mobile(there);
  WireClient dave(there);
  WireClient erin(here);
  alice.log_in("alice");
  alice_mobile.log_in("alice", kMobile);
  dave.log_in("dave");
  erin.log_in("erin");
  const uint32_t bob_id = id_of(erin, "bob");
  const uint32_t carol_id = id_of(erin, "carol");
  for (WireClient* client : {&alice, &alice_mobile}) {
    const auto status = ask_about(*client, {bob_id, carol_id, 4'000'000});
    ASSERT_EQ(status.user_stat_list_size(), 3);
    EXPECT_EQ(status.user_stat_list(2).user_id(), 4'000'000u);
    for (const auto& entry : status.user_stat_list()) EXPECT_EQ(entry.status(), USER_STATUS_OFFLINE);
  }
  dave.tell(carol_id, "are you there?");

  WireClient bob(there);
  bob.log_in("bob");
  expect_notify(alice, bob_id, USER_STATUS_ONLINE);
  WireClient carol(there);
  carol.log_in("carol");
  expect_notify(alice, carol_id, USER_STATUS_ONLINE);
  expect_notify(dave, carol_id, USER_STATUS_ONLINE);
  bob.ask<IMLogoutRsp>(IMLogoutReq());
  expect_notify(alice, bob_id, USER_STATUS_OFFLINE);
  EXPECT_EQ(status_of(alice_mobile, carol_id), USER_STATUS_ONLINE);
  for (WireClient* client : {&alice, &alice_mobile, &dave, &erin}) expect_none(*client);

  // After a reconnect, asking for the recent conversations makes one interested again.
  dave.ask<IMLogoutRsp>(IMLogoutReq());
  WireClient dave_again(here);
  dave_again.log_in("dave");
  await_online(alice_mobile, dave_again.user_id());
  EXPECT_EQ(recent_peers_of(dave_again), (std::vector<uint32_t>{carol_id}));
  carol.ask<IMLogoutRsp>(IMLogoutReq());
  expect_notify(dave_again, carol_id, USER_STATUS_OFFLINE);
}

TEST(Presence, a_mobile_session_makes_a_user_online_but_its_coming_is_not_announced) {
  ClusterOptions options;
  options.users = {"alice", "bob", "carol"};
  Cluster cluster(options);
  WireClient alice(cluster.client_port("msg_server_0"));
  alice.log_in("alice");
  const uint32_t carol_id = id_of(alice, "carol");
  ask_about(alice, {id_of(alice, "bob"), carol_id});
  WireClient bob(cluster.client_port("msg_server_1"));
  bob.log_in("bob", kMobile);
  await_online(alice, bob.user_id());
  WireClient carol(cluster.client_port("msg_server_1"));
  carol.log_in("carol", kPc);
  expect_notify(alice, carol_id, USER_STATUS_ONLINE);
  expect_none(alice);

  WireClient bob_pc(cluster.client_port("msg_server_0"));
  bob_pc.log_in("bob", kPc);
  expect_notify(alice, bob.user_id(), USER_STATUS_ONLINE);
  bob.ask<IMLogoutRsp>(IMLogoutReq());
  bob_pc.ask<IMLogoutRsp>(IMLogoutReq());
  expect_notify(alice, bob_pc.user_id(), USER_STATUS_OFFLINE);
  expect_none(alice);
}

TEST(Presence, a_reconnect_within_the_gather_time_tells_nobody_anything) {
  ClusterOptions options;
  options.users = {"alice", "bob", "carol"};
  options.settings = {"client.status_gather=3s"};
  Cluster cluster(options);
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient alice_mobile(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_1"));
  WireClient carol(cluster.client_port("msg_server_1"));
  alice.log_in("alice");
  alice_mobile.log_in("alice", kMobile);  // which does not become interested by asking
  bob.log_in("bob");
  carol.log_in("carol");
  await_online(alice_mobile, bob.user_id());
  await_online(alice_mobile, carol.user_id());
  ask_about(alice, {bob.user_id(), carol.user_id()});

  bob.ask<IMLogoutRsp>(IMLogoutReq());
  WireClient bob_again(cluster.client_port("msg_server_0"));  // on another server, even
  bob_again.log_in("bob");
  carol.ask<IMLogoutRsp>(IMLogoutReq());
  expect_notify(alice, carol.user_id(), USER_STATUS_OFFLINE);
  expect_none(alice);
  EXPECT_EQ(status_of(alice, bob.user_id()), USER_STATUS_ONLINE);
}

TEST(Presence, all_sessions_of_a_server_that_dies_are_over_and_one_that_comes_back_is_told_who_is_there) {
  Cluster cluster;
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_1"));
  WireClient alice_mobile(cluster.client_port("msg_server_0"));
  alice.log_in("alice");
  alice_mobile.log_in("alice", kMobile);  // which does not become interested by asking
  bob.log_in("bob");
  await_online(alice_mobile, bob.user_id());
  await_online(alice, bob.user_id());
  cluster.kill9("msg_server_1");
  expect_notify(alice, bob.user_id(), USER_STATUS_OFFLINE);
  cluster.start();
  WireClient bob_again(cluster.client_port("msg_server_1"));
  bob_again.log_in("bob");
  await_online(bob_again, alice.user_id());
  expect_notify(alice, bob.user_id(), USER_STATUS_ONLINE);
}

TEST(Presence, a_restart_of_the_only_login_server_is_seen_by_nobody) {
  ClusterOptions options;
  options.users = {"alice", "bob", "carol"};
  options.settings = {"client.status_gather=1ms", "cluster.reconnect_first=50ms", "cluster.reconnect_max=200ms",
                      "cluster.presence_grace=2m"};
  Cluster cluster(options);
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_1"));
  alice.log_in("alice");
  const uint32_t bob_id = id_of(alice, "bob");
  const uint32_t carol_id = id_of(alice, "carol");
  ask_about(alice, {bob_id, carol_id});
  bob.log_in("bob");
  expect_notify(alice, bob_id, USER_STATUS_ONLINE);

  cluster.kill9("login_server_0");
  wait_until("the loss is known", [&] { return cluster.get("msg_server_0", "/readyz").status == 503; });
  cluster.start();
  WireClient carol(cluster.client_port("msg_server_1"));
  carol.log_in("carol");
  expect_notify(alice, carol_id, USER_STATUS_ONLINE);  // by the new one, behind whatever there was to tell of bob
  expect_none(alice);
  EXPECT_EQ(status_of(alice, bob_id), USER_STATUS_ONLINE);
}

TEST(Presence, users_elsewhere_go_offline_when_the_only_login_server_stays_away) {
  ClusterOptions options;
  options.settings = {"cluster.reconnect_first=50ms", "cluster.reconnect_max=200ms", "cluster.presence_grace=1s"};
  Cluster cluster(options);
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_1"));
  alice.log_in("alice");
  const uint32_t bob_id = id_of(alice, "bob");
  ask_about(alice, {bob_id});
  bob.log_in("bob");
  expect_notify(alice, bob_id, USER_STATUS_ONLINE);
  cluster.kill9("login_server_0");
  expect_notify(alice, bob_id, USER_STATUS_OFFLINE);
  cluster.start();
  expect_notify(alice, bob_id, USER_STATUS_ONLINE);
  expect_none(alice);
}

}  // namespace
}  // namespace talkbeat::scenario
