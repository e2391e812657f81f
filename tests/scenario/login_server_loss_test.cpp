// login_servers come and go; those who are online hardly notice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenario/figures.h"
#include "tests/scenario/load.h"

namespace talkbeat::scenario {
namespace {

using testing::IsEmpty;

ClusterOptions with_login_servers(int count) {
  ClusterOptions options;
  options.login_servers = count;
  options.settings = {"cluster.reconnect_first=50ms", "cluster.reconnect_max=200ms"};
  return options;
}

size_t history_size(WireClient& client, uint32_t peer) {
  IM::Message::IMGetMsgListReq request;
  request.set_user_id(client.user_id());
  request.set_session_type(IM::BaseDefine::SESSION_TYPE_SINGLE);
  request.set_session_id(peer);
  request.set_msg_id_begin(0);
  request.set_msg_cnt(100);
  return static_cast<size_t>(client.ask<IM::Message::IMGetMsgListRsp>(request).msg_list_size());
}

TEST(LoginServerLoss, sessions_go_on_and_what_was_missed_is_delivered_when_it_is_back) {
  Cluster cluster(with_login_servers(1));
  Load load(cluster, {.pairs = 6});
  for (int round = 0; round < 2; ++round) {
    load.await_acks(150);
    cluster.kill9("login_server_0");
    load.await_acks(300);  // to users on the other msg_server: stored, and not yet heard
    for (const char* name : {"msg_server_0", "msg_server_1"}) EXPECT_EQ(cluster.get(name, "/readyz").status, 503);
    cluster.start();
    for (const char* name : {"msg_server_0", "msg_server_1"}) {
      wait_until(name + std::string(" is registered"), [&] { return cluster.get(name, "/readyz").status == 200; });
    }
    EXPECT_EQ(registered_servers(cluster), 2u);
    wait_until(
        "all users are known again", [&] { return users_online(cluster) == 12; }, 5s);
  }
  load.await_acks(50);
  EXPECT_THAT(load.finish(), IsEmpty());
  EXPECT_EQ(load.receivers_lost(), 0u);
}

TEST(LoginServerLoss, clients_are_served_while_there_is_none) {
  Cluster cluster(with_login_servers(1));
  WireClient early(cluster.client_port("msg_server_0"));
  early.log_in("alice");
  cluster.kill9("login_server_0");
  wait_until("the loss is known", [&] { return cluster.get("msg_server_0", "/readyz").status == 503; });
  EXPECT_EQ(cluster.get("msg_server_0", "/healthz").status, 200);

  WireClient bob(cluster.client_port("msg_server_0"));
  bob.log_in("bob");
  EXPECT_EQ(early.tell(bob.user_id(), "nobody rules").msg_id(), 1u);
  EXPECT_EQ(bob.expect<IM::Message::IMMsgData>().msg_data(), "nobody rules");
  EXPECT_EQ(history_size(bob, early.user_id()), 1u);

  // On the other server it waits in the store, and comes when the servers find each other again.
  WireClient late(cluster.client_port("msg_server_1"));
  late.log_in("bob", IM::BaseDefine::CLIENT_TYPE_ANDROID);
  EXPECT_EQ(early.tell(bob.user_id(), "later").msg_id(), 2u);
  EXPECT_EQ(history_size(late, early.user_id()), 2u);
  EXPECT_EQ(late.waiting<IM::Message::IMMsgData>(), 0u);
  cluster.start();
  std::vector<std::string> heard{late.expect<IM::Message::IMMsgData>().msg_data()};
  if (heard.back() != "later") heard.push_back(late.expect<IM::Message::IMMsgData>().msg_data());
  EXPECT_EQ(heard.back(), "later");
  late.sync();
  EXPECT_EQ(late.waiting<IM::Message::IMMsgData>(), 0u);
}

// The same account, twice, on two servers: the older one has to go.
void expect_kick_across_servers(const Cluster& cluster) {
  WireClient older(cluster.client_port("msg_server_0"));
  older.log_in("alice");
  WireClient newer(cluster.client_port("msg_server_1"));
  newer.log_in("alice");
  EXPECT_EQ(older.expect<IM::Login::IMKickUser>().kick_reason(), IM::BaseDefine::KICK_REASON_DUPLICATE_USER);
  older.expect_close();
  newer.sync();
  EXPECT_EQ(newer.waiting<IM::Login::IMKickUser>(), 0u);

  WireClient mobile(cluster.client_port("msg_server_0"));
  mobile.log_in("alice", IM::BaseDefine::CLIENT_TYPE_IOS);
  IM::Login::IMKickPCClientReq request;
  request.set_user_id(mobile.user_id());
  // The mobile's server hears of the PC session in a moment; until then it has nobody to remove.
  wait_until("the PC session is removed", [&] {
    EXPECT_EQ(mobile.ask<IM::Login::IMKickPCClientRsp>(request).result_code(), 0u);
    try {
      newer.expect_close(100ms);
    } catch (const Unexpected&) {
      return false;
    }
    return true;
  });
  EXPECT_EQ(newer.expect<IM::Login::IMKickUser>().kick_reason(), IM::BaseDefine::KICK_REASON_MOBILE_KICK);
}

TEST(LoginServerLoss, of_two_login_servers_one_can_die_and_nothing_is_noticed) {
  Cluster cluster(with_login_servers(2));
  Load load(cluster, {.pairs = 6});
  load.await_acks(200);  // both alive: each message comes twice to the servers, and once to the people
  expect_kick_across_servers(cluster);
  cluster.kill9("login_server_0");
  load.await_acks(200);
  expect_kick_across_servers(cluster);
  EXPECT_NE(allocated_port(cluster, "login_server_1"), 0);
  EXPECT_EQ(registered_servers(cluster, "login_server_1"), 2u);
  wait_until("only the load is online", [&] { return users_online(cluster, "login_server_1") == 12; });
  for (const char* name : {"msg_server_0", "msg_server_1"}) EXPECT_EQ(cluster.get(name, "/readyz").status, 200);

  cluster.start();
  wait_until("the restarted one knows everybody",
             [&] { return registered_servers(cluster) == 2 && users_online(cluster) == 12; });
  load.await_acks(100);
  EXPECT_THAT(load.finish(), IsEmpty());
  EXPECT_EQ(load.receivers_lost(), 0u);
}

}  // namespace
}  // namespace talkbeat::scenario
