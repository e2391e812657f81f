#include "base/wire_password.h"
#include "tests/unit/client_harness.h"

namespace talkbeat {
namespace {

using enum ClientState;
using IM::Login::IMLoginReq;
using IM::Login::IMLoginRes;

class ClientToken : public ClientHarness {
 protected:
  ClientToken() {
    server.password = wire_password("secret");
    server.token = "t1";
    server.good_tokens = {"t1"};
  }
  bool until_logins(int count) {
    return until([&] { return server.logins == count && client->state() == kOnline; });
  }
  void reconnect() {
    const int before = server.logins;
    server.drop_all();
    ASSERT_TRUE(until_logins(before + 1));
  }
};

TEST_F(ClientToken, replaces_the_password_from_the_second_login_on) {
  start();
  ASSERT_TRUE(until_logins(1));
  EXPECT_FALSE(server.login_requests[0].has_session_token());
  reconnect();
  EXPECT_EQ(server.login_requests[1].session_token(), "t1");
  EXPECT_EQ(server.login_requests[1].password(), "");
}

TEST_F(ClientToken, is_used_for_a_move_too) {
  FakeServer next(loop, &server);
  next.good_tokens = {"t1"};
  next.password = "none";
  start();
  ASSERT_TRUE(until_synced());
  server.ask_to_leave(GO_AWAY_DRAIN, next.address());
  ASSERT_TRUE(until([&] { return client->info().moves == 1; }));
  EXPECT_EQ(next.login_requests[0].session_token(), "t1");
  client.reset();
}

TEST_F(ClientToken, is_replaced_by_that_of_each_login) {
  start();
  ASSERT_TRUE(until_logins(1));
  server.token = "t2";
  server.good_tokens = {"t1", "t2"};
  reconnect();
  reconnect();
  EXPECT_EQ(server.login_requests[2].session_token(), "t2");
  server.token = "";
  reconnect();
  reconnect();
  EXPECT_FALSE(server.login_requests[4].has_session_token()) << "the last login gave none";
}

TEST_F(ClientToken, that_is_refused_is_dropped_and_the_password_tried_at_once) {
  start();
  ASSERT_TRUE(until_logins(1));
  server.good_tokens.clear();
  heard.states.clear();
  reconnect();
  ASSERT_EQ(server.login_requests.size(), 3u);
  EXPECT_TRUE(server.login_requests[1].has_session_token());
  EXPECT_FALSE(server.login_requests[2].has_session_token());
  EXPECT_EQ(server.login_requests[2].password(), wire_password("secret"));
  EXPECT_EQ(heard.states, std::vector({kDisconnected, kWaiting, kResolving, kConnecting, kLoggingIn, kConnecting,
                                       kLoggingIn, kOnline}));
}

TEST_F(ClientToken, that_is_refused_with_the_password_changed_is_the_end) {
  start();
  ASSERT_TRUE(until_logins(1));
  server.good_tokens.clear();
  server.password = wire_password("another");
  server.drop_all();
  ASSERT_TRUE(until_state(kClosed));
  EXPECT_EQ(server.login_requests.size(), 3u);
  EXPECT_EQ(client->info().closed_by, ClosedBy::kRefusal);
}

TEST_F(ClientToken, that_is_refused_at_a_named_place_costs_a_move_nothing) {
  FakeServer next(loop, &server);
  start();
  ASSERT_TRUE(until_synced());
  server.ask_to_leave(GO_AWAY_DRAIN, next.address());
  ASSERT_TRUE(until([&] { return client->info().moves == 1; }));
  EXPECT_EQ(next.login_requests.size(), 2u);
  EXPECT_EQ(heard.states.back(), kOnline);
  EXPECT_EQ(heard.states.size(), 4u);
  client.reset();
}

TEST_F(ClientToken, is_void_once_revoked) {
  start();
  ASSERT_TRUE(until_logins(1));
  server.ask_to_leave(GO_AWAY_REVOKED, {}, 0);
  server.drop_client();
  ASSERT_TRUE(until_logins(2));
  EXPECT_FALSE(server.login_requests[1].has_session_token());
}

IMLoginReq filled(Credentials& credentials, Tick now) {
  IMLoginReq request;
  credentials.fill(request, now);
  return request;
}

TEST(Credentials, an_expired_token_is_not_offered) {
  Credentials credentials("alice", "secret");
  IMLoginRes answer;
  answer.set_session_token("t");
  answer.set_server_time(1'000'000'000);  // far from our own wall clock: only the difference counts
  answer.set_token_expires(1'000'000'060);
  credentials.take(answer, 5'000);
  EXPECT_EQ(filled(credentials, 64'999).session_token(), "t");
  EXPECT_EQ(filled(credentials, 65'000).password(), wire_password("secret"));
  EXPECT_FALSE(credentials.has_token());
}

TEST(Credentials, a_token_without_an_end_lasts) {
  Credentials credentials("alice", "secret");
  IMLoginRes answer;
  answer.set_session_token("t");
  credentials.take(answer, 0);
  EXPECT_EQ(filled(credentials, 1'000'000'000).session_token(), "t");
}

TEST(Credentials, only_a_refused_token_leaves_something_to_try) {
  Credentials credentials("alice", "secret");
  filled(credentials, 0);
  EXPECT_FALSE(credentials.refused());
  IMLoginRes answer;
  answer.set_session_token("t");
  credentials.take(answer, 0);
  filled(credentials, 0);
  credentials.drop_token();  // revoked meanwhile: the answer is still about the token
  EXPECT_TRUE(credentials.refused());
  EXPECT_FALSE(filled(credentials, 0).has_session_token());
  EXPECT_FALSE(credentials.refused());
}

}  // namespace
}  // namespace talkbeat
