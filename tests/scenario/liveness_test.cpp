// KEEPALIVE: who is silent is closed, who beats stays, and a stopped process is nobody's fault but its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenario/figures.h"
#include "tests/scenario/full.h"

namespace talkbeat::scenario {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

// Whoever is stopped is so for twice as long: 40 s in full.
const milliseconds kTimeout = in_full<milliseconds>(3s, 20s);

ClusterOptions impatient() {
  ClusterOptions options;
  const std::string timeout = std::to_string(kTimeout.count()) + "ms";
  options.settings = {"client.idle_timeout=" + timeout,   "client.idle_timeout_mobile=10m",
                      "client.min_ping_interval=0",       "client.handshake_timeout=" + timeout,
                      "cluster.heartbeat_interval=300ms", "cluster.silence_timeout=" + timeout,
                      "cluster.reconnect_first=50ms",     "cluster.reconnect_max=200ms"};
  return options;
}

// Beats until `done`; the answers are read where `read` is set.
template <class Done>
void beat_until(WireClient& client, Done done, bool read = true) {
  const Deadline deadline(3 * kPatience);
  while (!done()) {
    if (deadline.passed()) throw Unexpected("beaten for too long");
    const uint16_t seq = client.send(IM::Other::IMHeartBeat());
    if (read) client.expect<IM::Other::IMHeartBeat>(seq);
    std::this_thread::sleep_for(200ms);
  }
}

TEST(Liveness, the_silent_are_closed_and_the_beating_stay) {
  Cluster cluster(impatient());
  const Closings closings(cluster, "msg_server_0");
  const Closings links(cluster, "login_server_0", "server_link");
  const uint16_t port = cluster.client_port("msg_server_0");
  const auto begin = std::chrono::steady_clock::now();
  WireClient stranger(port);
  WireClient silent(port);
  silent.log_in("bob");
  WireClient mobile(port);
  mobile.log_in("bob", IM::BaseDefine::CLIENT_TYPE_ANDROID);
  WireClient alice(port);
  alice.log_in("alice");
  beat_until(alice, [&] { return closings.so_far("silent") > 0 && closings.so_far("handshake_timeout") > 0; });
  EXPECT_GE(std::chrono::steady_clock::now() - begin, kTimeout);
  silent.expect_close();
  stranger.expect_close();

  const Deadline longer(2 * kTimeout);
  beat_until(alice, [&] { return longer.passed(); });
  mobile.sync();
  EXPECT_THAT(closings.so_far(), ElementsAre(Pair("handshake_timeout", 1), Pair("silent", 1)));

  // Nothing was to be said between the servers for all that time but their heartbeats.
  EXPECT_THAT(links.so_far(), IsEmpty());
  EXPECT_EQ(registered_servers(cluster), 2u);
  EXPECT_EQ(users_online(cluster), 2u);
}

TEST(P3, a_stopped_msg_server_closes_no_client_that_kept_beating) {
  Cluster cluster(impatient());
  const Closings closings(cluster, "msg_server_0");
  WireClient alice(cluster.client_port("msg_server_0"));
  alice.log_in("alice");
  wait_until("alice is known", [&] { return users_online(cluster) == 1; });
  cluster.signal("msg_server_0", SIGSTOP);
  const Deadline stopped(2 * kTimeout);
  beat_until(
      alice, [&] { return stopped.passed() && registered_servers(cluster) == 1; }, false);
  EXPECT_EQ(users_online(cluster), 0u);
  EXPECT_EQ(allocated_port(cluster), cluster.client_port("msg_server_1"));

  cluster.signal("msg_server_0", SIGCONT);
  alice.sync();
  beat_until(alice, [&] { return registered_servers(cluster) == 2 && users_online(cluster) == 1; });
  EXPECT_THAT(closings.so_far(), IsEmpty());
  EXPECT_THAT(cluster.log_of("msg_server_0"), testing::HasSubstr(" stalled ms="));
  WireClient bob(cluster.client_port("msg_server_1"));
  bob.log_in("bob");
  bob.tell(alice.user_id(), "good morning");
  EXPECT_EQ(alice.expect<IM::Message::IMMsgData>().msg_data(), "good morning");
}

TEST(P3, a_server_that_wakes_up_does_not_take_back_the_users_who_have_gone_elsewhere) {
  Cluster cluster(impatient());
  WireClient before(cluster.client_port("msg_server_0"));
  before.log_in("alice");
  wait_until("alice is known", [&] { return users_online(cluster) == 1; });
  cluster.signal("msg_server_0", SIGSTOP);
  const Deadline stopped(2 * kTimeout);
  WireClient bob(cluster.client_port("msg_server_1"));
  bob.log_in("bob");
  beat_until(bob, [&] { return stopped.passed() && users_online(cluster) == 1 && registered_servers(cluster) == 1; });

  WireClient after(cluster.client_port("msg_server_1"));
  after.log_in("alice");
  bob.tell(after.user_id(), "you are there");
  after.expect<IM::Message::IMMsgData>();
  cluster.signal("msg_server_0", SIGCONT);
  before.expect<IM::Login::IMKickUser>();
  before.expect_close();
  EXPECT_EQ(before.waiting<IM::Message::IMMsgData>(), 0u);
  beat_until(bob, [&] { return registered_servers(cluster) == 2; });
  after.sync();
  EXPECT_EQ(after.waiting<IM::Login::IMKickUser>(), 0u);
  EXPECT_EQ(users_online(cluster), 2u);
}

// Some of their clients have left, all have given up.
TEST(P3, logins_that_waited_in_a_stopped_servers_queue_end_no_session_elsewhere) {
  Cluster cluster(impatient());
  WireClient alice(cluster.client_port("msg_server_1"));
  IM::Login::IMLoginReq request;
  request.set_user_name("alice");
  request.set_password("");
  request.set_session_token(alice.log_in("alice").session_token());
  request.set_online_status(IM::BaseDefine::USER_STATUS_ONLINE);
  request.set_client_type(IM::BaseDefine::CLIENT_TYPE_WINDOWS);
  const Closings closings(cluster, "msg_server_0");
  cluster.signal("msg_server_0", SIGSTOP);
  const Deadline stopped(2 * kTimeout);
  std::vector<std::unique_ptr<WireClient>> waiting;
  for (int i = 0; i < 300; ++i) {
    waiting.push_back(std::make_unique<WireClient>(cluster.client_port("msg_server_0")));
    waiting.back()->send(request);
  }
  waiting.resize(200);
  const Deadline given_up(kTimeout + 500ms);  // the last of them, however long it took to connect all
  beat_until(alice, [&] { return stopped.passed() && given_up.passed(); });

  cluster.signal("msg_server_0", SIGCONT);
  for (const auto& client : waiting) {
    client->expect_close();
    EXPECT_EQ(client->waiting<IM::Login::IMLoginRes>(), 0u);
  }
  wait_until("all of them are closed",
             [&] { return closings.so_far("handshake_timeout") + closings.so_far("peer_closed") == 300; });
  alice.sync();
  EXPECT_EQ(alice.waiting<IM::Login::IMKickUser>(), 0u);
}

TEST(P3, a_stopped_login_server_is_left_and_found_again) {
  Cluster cluster(impatient());
  const Closings links(cluster, "msg_server_0", "server_link");
  const Closings clients(cluster, "msg_server_0");
  WireClient alice(cluster.client_port("msg_server_0"));
  alice.log_in("alice");
  cluster.signal("login_server_0", SIGSTOP);
  const Deadline stopped(2 * kTimeout);
  beat_until(alice, [&] { return stopped.passed() && links.so_far("silent") > 0; });
  EXPECT_EQ(cluster.get("msg_server_0", "/readyz").status, 503);
  cluster.signal("login_server_0", SIGCONT);
  beat_until(alice, [&] {
    return cluster.get("msg_server_0", "/readyz").status == 200 &&
           cluster.get("msg_server_1", "/readyz").status == 200 && registered_servers(cluster) == 2 &&
           users_online(cluster) == 1;
  });
  EXPECT_THAT(clients.so_far(), IsEmpty());
}

}  // namespace
}  // namespace talkbeat::scenario
