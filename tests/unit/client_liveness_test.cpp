// The client's side of the keepalive rules on a fake clock.
#include <gtest/gtest.h>

#include "tests/unit/client_harness.h"
#include "tests/unit/loop_fixture.h"

namespace talkbeat {
namespace {

using enum ClientState;
using IM::Message::IMClientTimeReq;
using IM::Message::IMClientTimeRsp;

constexpr uint32_t kPeer = 2;
constexpr Tick kSecond = 1'000;
constexpr Tick kHour = 3'600 * kSecond;

class ClientLiveness : public LoopTest {
 protected:
  ClientLiveness() {
    options.login_servers = {server.address()};
    options.user = "alice";
    options.password = "secret";
  }
  void go_online() {
    client = std::make_unique<Client>(network, options, heard);
    client->start();
    ASSERT_TRUE(turn_until([&] { return heard.synced == 1; }));
  }
  // Until it is so, a step of the clock at a time.
  template <class Condition>
  bool wait_for(Condition condition, Tick at_most = kHour) {
    const Tick end = clock.now() + at_most;
    while (!condition() && clock.now() < end) loop.turn(10);
    return condition();
  }
  bool is_back(int reconnects) {
    return wait_for([&] { return client->state() == kOnline && client->info().reconnects == reconnects; });
  }
  std::string ask_time() {
    std::string outcome;
    client->request<IMClientTimeReq, IMClientTimeRsp>(
        {}, [&](Result<IMClientTimeRsp> answer) { outcome = answer.ok() ? "answered" : answer.message(); });
    wait_for([&] { return !outcome.empty(); });
    return outcome;
  }

  SeededRng rng{1};
  FakeServer server{loop};
  ClientNetwork network{loop, rng};
  ClientOptions options;
  ClientRecorder heard;
  std::unique_ptr<Client> client;
};

TEST_F(ClientLiveness, a_heartbeat_fills_each_20_seconds_of_silence) {
  go_online();
  run_for(kHour);
  EXPECT_NEAR(server.heartbeats, 180, 1);
  EXPECT_EQ(client->state(), kOnline);
  EXPECT_EQ(server.logins, 1);
}

TEST_F(ClientLiveness, a_busy_connection_carries_no_heartbeats) {
  go_online();
  for (int i = 0; i < 360; ++i) {
    client->send_text(kPeer, "x");
    run_for(10 * kSecond);
  }
  EXPECT_EQ(server.heartbeats, 0);
  EXPECT_EQ(heard.sent.size(), 360u);
}

TEST_F(ClientLiveness, what_has_no_answer_is_no_proof_of_the_server) {
  go_online();
  for (int i = 0; i < 60; ++i) {
    client->mark_read({IM::BaseDefine::SESSION_TYPE_SINGLE, kPeer}, 1);
    run_for(10 * kSecond);
  }
  EXPECT_GT(server.heartbeats, 10);
  EXPECT_EQ(server.logins, 1) << "nothing came for long, but nobody had asked for anything";
  server.mute = true;
  const Tick muted_at = clock.now();
  while (client->state() == kOnline && clock.now() - muted_at < kHour) {
    client->mark_read({IM::BaseDefine::SESSION_TYPE_SINGLE, kPeer}, 1);
    run_for(10 * kSecond);
  }
  EXPECT_LE(clock.now() - muted_at, 60 * kSecond);
}

TEST_F(ClientLiveness, a_dead_server_is_noticed_15_seconds_after_the_heartbeat) {
  go_online();
  run_for(kHour + 5 * kSecond);
  server.mute = true;
  const int beats = server.heartbeats;
  ASSERT_TRUE(wait_for([&] { return client->info().heartbeat_age_ms == 0; }));
  EXPECT_EQ(server.heartbeats, beats);
  const Tick beat_at = clock.now();
  ASSERT_TRUE(wait_for([&] { return client->state() != kOnline; }));
  EXPECT_NEAR(static_cast<double>(clock.now() - beat_at), 15'000, 20);
  EXPECT_EQ(heard.whys.back(), "the server does not answer");
}

TEST_F(ClientLiveness, a_request_without_an_answer_shows_a_dead_server_too) {
  go_online();
  run_for(5 * kSecond);
  server.mute = true;
  const Tick asked_at = clock.now();
  EXPECT_EQ(ask_time(), "the server does not answer");
  EXPECT_NEAR(static_cast<double>(clock.now() - asked_at), 15'000, 20);
}

TEST_F(ClientLiveness, a_server_that_owes_an_answer_but_speaks_is_not_left) {
  go_online();
  server.intercept = [](Connection&, const PduHeader& header, std::span<const std::byte>) {
    return header.command_id == IM::BaseDefine::CID_MSG_TIME_REQUEST;
  };
  std::string outcome;
  client->request<IMClientTimeReq, IMClientTimeRsp>(
      {}, [&](Result<IMClientTimeRsp> answer) { outcome = answer.ok() ? "answered" : answer.message(); });
  for (int i = 0; i < 12; ++i) {
    server.deliver(kPeer, "news");
    run_for(5 * kSecond);
  }
  EXPECT_EQ(outcome, "no answer");
  EXPECT_EQ(server.logins, 1);
}

TEST_F(ClientLiveness, with_checks_switched_off_no_server_is_dead) {
  options.check_enabled = false;
  go_online();
  server.mute = true;
  run_for(kHour);
  EXPECT_EQ(client->state(), kOnline);
}

TEST_F(ClientLiveness, a_probe_is_answered_at_once) {
  go_online();
  for (int i = 1; i <= 3; ++i) {
    server.send(IM::Other::IMHeartBeat());
    const Tick asked_at = clock.now();
    ASSERT_TRUE(turn_until([&] { return server.heartbeats == i; }));
    EXPECT_EQ(clock.now(), asked_at);
    run_for(6 * kSecond);
  }
  EXPECT_EQ(server.heartbeats, 3);
}

TEST_F(ClientLiveness, too_many_pings_doubles_the_interval_up_to_15_minutes) {
  go_online();
  for (int times = 1; times <= 8; ++times) {
    server.ask_to_leave(GO_AWAY_TOO_MANY_PINGS, {}, 0);
    server.drop_client();
    ASSERT_TRUE(is_back(times));
    ASSERT_TRUE(wait_for([&] { return heard.synced == times + 1; }));
    const int before = server.heartbeats;
    run_for(kHour);
    const Tick interval = std::min(20 * kSecond << times, 900 * kSecond);
    EXPECT_NEAR(server.heartbeats - before, static_cast<double>(kHour / interval), 1) << times;
  }
}

TEST_F(ClientLiveness, an_answer_that_waited_while_we_were_stopped_is_read_before_the_server_is_judged) {
  go_online();
  ASSERT_TRUE(wait_for([&] { return server.heartbeats == 1; }));  // its answer is on its way
  clock.advance(40 * kSecond);
  turn();
  run_for(10 * kSecond);
  EXPECT_EQ(client->state(), kOnline);
  EXPECT_EQ(server.logins, 1);
  EXPECT_LT(client->info().rtt_ms.value_or(kHour), kSecond) << "our stall is not the way to the server";
}

TEST_F(ClientLiveness, what_we_had_no_time_to_send_is_waited_for_anew) {
  go_online();
  std::string outcome;
  client->request<IMClientTimeReq, IMClientTimeRsp>(
      {}, [&](Result<IMClientTimeRsp> answer) { outcome = answer.ok() ? "answered" : answer.message(); });
  clock.advance(40 * kSecond);  // before the turn's end, at which it would have gone out
  EXPECT_TRUE(turn_until([&] { return !outcome.empty(); }));
  EXPECT_EQ(outcome, "answered");
  EXPECT_EQ(server.logins, 1);
}

TEST_F(ClientLiveness, a_server_that_is_dead_has_its_whole_time_after_our_stall_and_no_more) {
  go_online();
  server.mute = true;
  ASSERT_TRUE(wait_for([&] { return client->info().heartbeat_age_ms == 0; }));
  run_for(5 * kSecond);
  clock.advance(40 * kSecond);
  run_for(9 * kSecond);
  EXPECT_EQ(client->state(), kOnline);
  run_for(2 * kSecond);
  EXPECT_NE(client->state(), kOnline);
}

TEST_F(ClientLiveness, the_login_has_its_whole_time_after_our_stall_too) {
  server.hold_logins = true;
  client = std::make_unique<Client>(network, options, heard);
  client->start();
  ASSERT_TRUE(turn_until([&] { return server.logins == 1; }));
  clock.advance(40 * kSecond);
  turn();
  EXPECT_EQ(client->state(), kLoggingIn);
  server.answer_login();
  EXPECT_TRUE(turn_until([&] { return client->state() == kOnline; }));
}

}  // namespace
}  // namespace talkbeat
