// One session a user and class of client, on whichever servers; and the PC session seen from the mobile one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "base/wire_password.h"
#include "tests/scenario/figures.h"
#include "tests/scenario/machine_watch.h"
#include "tests/scenario/requests.h"

namespace talkbeat::scenario {
namespace {

using IM::BaseDefine::KICK_REASON_DUPLICATE_USER;
using IM::BaseDefine::KICK_REASON_MOBILE_KICK;
using IM::BaseDefine::USER_STATUS_OFFLINE;
using IM::BaseDefine::USER_STATUS_ONLINE;
using IM::Buddy::IMPCLoginStatusNotify;
using IM::Login::IMKickPCClientReq;
using IM::Login::IMKickPCClientRsp;
using IM::Login::IMKickUser;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

ClusterOptions only_alice() {
  ClusterOptions options;
  options.users = {"alice"};
  return options;
}

void expect_kicked(WireClient& client, IM::BaseDefine::KickReasonType reason) {
  const auto kick = client.expect<IMKickUser>();
  EXPECT_EQ(kick.user_id(), client.user_id());
  EXPECT_EQ(kick.kick_reason(), reason);
  client.expect_close();
  EXPECT_EQ(client.waiting<IMKickUser>(), 0u);
}

void expect_alive(WireClient& client) {
  client.sync();
  EXPECT_EQ(client.waiting<IMKickUser>(), 0u);
}

void expect_pc_status(WireClient& mobile, IM::BaseDefine::UserStatType status) {
  const auto notify = mobile.expect<IMPCLoginStatusNotify>();
  EXPECT_EQ(notify.user_id(), mobile.user_id());
  EXPECT_EQ(notify.login_stat(), status);
}

size_t sessions_online(const Cluster& cluster) {
  return nlohmann::json::parse(cluster.get("login_server_0", "/api/cluster").body).at("sessions_online");
}

TEST(A6, a_new_login_ends_the_older_one_of_its_class_on_whichever_server) {
  Cluster cluster(only_alice());
  const Closings closings_here(cluster, "msg_server_0");
  const Closings closings_there(cluster, "msg_server_1");
  const uint16_t here = cluster.client_port("msg_server_0");
  const uint16_t there = cluster.client_port("msg_server_1");
  WireClient mobile(here);
  mobile.log_in("alice", IM::BaseDefine::CLIENT_TYPE_IOS);
  WireClient first(here);
  first.log_in("alice", IM::BaseDefine::CLIENT_TYPE_WINDOWS);
  const MachineWatch machine(cluster.directory(), cluster.pid("msg_server_0"));
  const auto expect_kicked_soon = [&](WireClient& older) {
    const FairTime since_the_login(machine);
    expect_kicked(older, KICK_REASON_DUPLICATE_USER);
    EXPECT_LE(since_the_login.taken(), 1s);
  };
  WireClient second(here);
  second.log_in("alice", IM::BaseDefine::CLIENT_TYPE_MAC);
  expect_kicked_soon(first);

  WireClient third(there);
  third.log_in("alice", IM::BaseDefine::CLIENT_TYPE_WINDOWS);
  expect_kicked_soon(second);
  expect_alive(third);
  expect_alive(mobile);

  WireClient other_mobile(there);
  other_mobile.log_in("alice", IM::BaseDefine::CLIENT_TYPE_ANDROID);
  expect_kicked_soon(mobile);
  expect_alive(other_mobile);
  expect_alive(third);
  wait_until("two sessions are left", [&] { return sessions_online(cluster) == 2; });
  EXPECT_THAT(closings_here.so_far(), ElementsAre(Pair("duplicate_login", 3)));
  EXPECT_THAT(closings_there.so_far(), IsEmpty());
}

// A refused login must not cost the one who is there his session.
TEST(Session, a_wrong_password_kicks_nobody) {
  Cluster cluster(only_alice());
  WireClient alice(cluster.client_port("msg_server_0"));
  alice.log_in("alice");
  for (const char* server : {"msg_server_0", "msg_server_1"}) {
    WireClient thief(cluster.client_port(server));
    EXPECT_NE(thief.try_log_in("alice", "guess").result_code(), IM::BaseDefine::REFUSE_REASON_NONE);
  }
  expect_alive(alice);
}

IM::Login::IMLoginReq login_of_alice() {
  IM::Login::IMLoginReq request;
  request.set_user_name("alice");
  request.set_password(wire_password(kPassword));
  request.set_online_status(USER_STATUS_ONLINE);
  request.set_client_type(kPc);
  return request;
}

bool has_closed(WireClient& client) {
  try {
    client.expect_close(20ms);
  } catch (const Unexpected&) {
    return false;
  }
  return true;
}

TEST(A6, of_two_logins_at_the_same_moment_on_two_servers_exactly_one_lives) {
  constexpr size_t kRounds = 10;
  Cluster cluster(only_alice());
  const Closings closings_here(cluster, "msg_server_0");
  const Closings closings_there(cluster, "msg_server_1");
  const MachineWatch machine(cluster.directory(), cluster.pid("msg_server_0"));
  size_t lost_here = 0;
  for (size_t round = 0; round < kRounds; ++round) {
    WireClient here(cluster.client_port("msg_server_0"));
    WireClient there(cluster.client_port("msg_server_1"));
    here.send(login_of_alice());
    there.send(login_of_alice());
    for (WireClient* client : {&here, &there}) {
      EXPECT_EQ(client->expect<IM::Login::IMLoginRes>().result_code(), IM::BaseDefine::REFUSE_REASON_NONE);
    }
    const FairTime since_both_are_in(machine);
    wait_until("one of them is kicked", [&] { return has_closed(here) || has_closed(there); });
    EXPECT_LE(since_both_are_in.taken(), 1s) << "round " << round;
    lost_here += here.closed() ? 1 : 0;
    WireClient& loser = here.closed() ? here : there;
    WireClient& winner = here.closed() ? there : here;
    EXPECT_EQ(loser.expect<IMKickUser>().kick_reason(), KICK_REASON_DUPLICATE_USER);
    wait_until("one session is left", [&] { return sessions_online(cluster) == 1; });
    expect_alive(winner);
    winner.ask<IM::Login::IMLogoutRsp>(IM::Login::IMLogoutReq());
    wait_until("none is left", [&] { return sessions_online(cluster) == 0; });
  }
  // In each round one of them is kicked, on whichever server, and the other one leaves.
  const auto closed = [](size_t kicked) {
    std::map<std::string, size_t> reasons{{"duplicate_login", kicked}, {"logged_out", kRounds - kicked}};
    std::erase_if(reasons, [](const auto& reason) { return reason.second == 0; });
    return reasons;
  };
  EXPECT_EQ(closings_here.so_far(), closed(lost_here));
  EXPECT_EQ(closings_there.so_far(), closed(kRounds - lost_here));
}

IMKickPCClientReq kick_pc_of(uint32_t user) {
  IMKickPCClientReq request;
  request.set_user_id(user);
  return request;
}

TEST(Session, a_mobile_session_hears_of_its_pc_session_and_can_end_it_on_whichever_server) {
  Cluster cluster(only_alice());
  WireClient mobile(cluster.client_port("msg_server_1"));
  mobile.log_in("alice", kMobile);
  for (const char* server : {"msg_server_0", "msg_server_1", "msg_server_0"}) {
    WireClient pc(cluster.client_port(server));
    pc.log_in("alice", kPc);
    expect_pc_status(mobile, USER_STATUS_ONLINE);
    // At once: the news of the login may not have reached everybody yet.
    EXPECT_EQ(mobile.ask<IMKickPCClientRsp>(kick_pc_of(12345)).result_code(), 0u);
    expect_kicked(pc, KICK_REASON_MOBILE_KICK);
    expect_pc_status(mobile, USER_STATUS_OFFLINE);
  }
  const auto without_one = mobile.ask<IMKickPCClientRsp>(kick_pc_of(mobile.user_id()));
  EXPECT_EQ(without_one.result_code(), 0u);
  EXPECT_EQ(without_one.user_id(), mobile.user_id());
  expect_alive(mobile);
}

TEST(Session, a_pc_session_may_not_end_pc_sessions_and_nobody_those_of_others) {
  Cluster cluster;
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient bob_pc(cluster.client_port("msg_server_0"));
  WireClient bob_mobile(cluster.client_port("msg_server_1"));
  alice.log_in("alice", kPc);
  bob_pc.log_in("bob", kPc);
  alice.expect_error(ERROR_NOT_ALLOWED, alice.send(kick_pc_of(bob_pc.user_id())));
  expect_alive(bob_pc);
  bob_mobile.log_in("bob", kMobile);
  // The user in the request is not believed: this ends bob's own session.
  EXPECT_EQ(bob_mobile.ask<IMKickPCClientRsp>(kick_pc_of(alice.user_id())).result_code(), 0u);
  expect_kicked(bob_pc, KICK_REASON_MOBILE_KICK);
  expect_alive(alice);
}

TEST(Session, a_pc_session_that_moves_to_another_server_has_not_gone_for_the_mobile_one) {
  Cluster cluster(only_alice());
  for (const char* server : {"msg_server_0", "msg_server_1"}) {
    WireClient mobile(cluster.client_port(server));
    mobile.log_in("alice", kMobile);
    WireClient old_pc(cluster.client_port("msg_server_0"));
    old_pc.log_in("alice", kPc);
    expect_pc_status(mobile, USER_STATUS_ONLINE);
    WireClient new_pc(cluster.client_port("msg_server_1"));
    new_pc.log_in("alice", kPc);
    expect_kicked(old_pc, KICK_REASON_DUPLICATE_USER);
    new_pc.ask<IM::Login::IMLogoutRsp>(IM::Login::IMLogoutReq());
    std::vector<int> heard;
    do {
      heard.push_back(mobile.expect<IMPCLoginStatusNotify>().login_stat());
    } while (heard.back() != USER_STATUS_OFFLINE);
    EXPECT_EQ(heard, (std::vector<int>{USER_STATUS_ONLINE, USER_STATUS_OFFLINE})) << server;
    // The one OFFLINE was that of the logout: no second one comes.
    expect_alive(mobile);
    wait_until("the PC is gone", [&] { return sessions_online(cluster) == 1; });
    mobile.sync();
    EXPECT_EQ(mobile.waiting<IMPCLoginStatusNotify>(), 0u) << server;
  }
}

}  // namespace
}  // namespace talkbeat::scenario
