// Logins with a session token: what they spare, and who stays outside. (The token itself: session_token_test.cpp.)
#include "tests/unit/msg_server_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

constexpr ClientType kPhone = CLIENT_TYPE_ANDROID;

class TokenLoginTest : public MsgServerTest {
 protected:
  static IMLoginReq with_token(const std::string& token, const std::string& name = "alice",
                               ClientType type = CLIENT_TYPE_WINDOWS, const std::string& secret = "") {
    IMLoginReq request = login(name, type, secret);
    request.set_session_token(token);
    return request;
  }
  IMLoginRes answer_to(const IMLoginReq& request) {
    const auto client = connect();
    client->send(request);
    const auto answer = expect<IMLoginRes>(*client);
    if (answer.result_code() != REFUSE_REASON_NONE) expect_end(*client);
    return answer;
  }
  void expect_accepted(const IMLoginReq& request) {
    const IMLoginRes answer = answer_to(request);
    EXPECT_EQ(answer.result_code(), REFUSE_REASON_NONE) << answer.ShortDebugString();
  }
  void expect_refused(const IMLoginReq& request) {
    const IMLoginRes answer = answer_to(request);
    EXPECT_EQ(answer.result_code(), REFUSE_REASON_DB_VALIDATE_FAILED);
    EXPECT_FALSE(answer.has_session_token());
    EXPECT_FALSE(answer.has_user_info());
  }
  std::string token_of(const std::string& name, ClientType type = CLIENT_TYPE_WINDOWS) {
    return answer_to(login(name, type)).session_token();
  }
  static std::string altered(std::string token) {
    token.back() = static_cast<char>(token.back() ^ 1);
    return token;
  }
  template <class Write>
  void change(Write write) {
    ASSERT_TRUE(database->begin_batch().ok());
    ASSERT_TRUE(write(*database).ok());
    ASSERT_TRUE(database->commit_batch().ok());
  }
  void revoke() {
    change([this](Database& db) { return db.revoke_tokens(alice); });
  }
  void guess_until_throttled(const std::string& name) {
    for (int64_t i = 0; i < config.password.throttle.failures_per_account; ++i) {
      answer_to(login(name, CLIENT_TYPE_WINDOWS, "wrong"));
    }
  }
  double count(const std::string& method, const std::string& result) {
    return metrics.counter("talkbeat_logins_total", "", {{"method", method}, {"result", result}}).value();
  }
  double password_checks() { return metrics.counter("talkbeat_password_checks_total", "").value(); }

  UserId alice = add_user("alice");
  UserId bob = add_user("bob");
};

TEST_F(TokenLoginTest, each_login_gives_a_token_for_a_week) {
  const IMLoginRes answer = answer_to(login("alice"));
  EXPECT_EQ(answer.session_token().size(), SessionTokens::kSize);
  EXPECT_EQ(answer.token_expires(), clock.unix_seconds() + 7 * 24 * 3600);
  clock.set_wall_clock(clock.unix_seconds() + 3);
  const IMLoginRes again = answer_to(with_token(answer.session_token()));
  EXPECT_EQ(again.token_expires(), clock.unix_seconds() + 7 * 24 * 3600);
  EXPECT_NE(again.session_token(), answer.session_token());
  expect_accepted(with_token(again.session_token()));
}

TEST_F(TokenLoginTest, it_costs_no_password_check) {
  const std::string token = token_of("alice");
  const double before = password_checks();
  hold_hashing = true;
  const IMLoginRes answer = answer_to(with_token(token));
  EXPECT_EQ(answer.result_code(), REFUSE_REASON_NONE);
  EXPECT_EQ(answer.user_info().user_id(), alice);
  EXPECT_EQ(answer.server_time(), clock.unix_seconds());
  EXPECT_EQ(hashing.pending(), 0u);
  EXPECT_EQ(password_checks(), before);
  EXPECT_EQ(count("token", "accepted"), 1);
  EXPECT_EQ(count("password", "accepted"), 1);
}

TEST_F(TokenLoginTest, another_kind_of_client_of_the_same_class_may_use_it) {
  const std::string token = token_of("alice", CLIENT_TYPE_WINDOWS);
  expect_accepted(with_token(token, "alice", CLIENT_TYPE_MAC));
}

TEST_F(TokenLoginTest, what_is_altered_or_of_somebody_else_or_of_the_other_class_is_refused) {
  const std::string token = token_of("alice");
  const double before = password_checks();
  expect_refused(with_token(altered(token)));
  expect_refused(with_token("x"));
  expect_refused(with_token(token, "bob"));
  expect_refused(with_token(token, "nobody"));
  expect_refused(with_token(token, "alice", kPhone));
  expect_refused(with_token(token_of("alice", kPhone)));
  EXPECT_EQ(password_checks(), before + 1) << "that of the phone's login";
  EXPECT_EQ(count("token", "wrong"), 4);
  EXPECT_EQ(count("token", "void"), 2);
}

TEST_F(TokenLoginTest, an_unknown_name_gets_the_same_answer_as_a_known_one) {
  const auto known = answer_to(with_token("made up", "alice"));
  const auto unknown = answer_to(with_token("made up", "nobody"));
  EXPECT_EQ(known.SerializeAsString(), unknown.SerializeAsString());
}

// The ids of a store that was made anew name other people.
TEST_F(TokenLoginTest, a_token_of_an_account_with_another_id_is_refused) {
  const auto expires = static_cast<uint32_t>(clock.unix_seconds() + 100);
  TokenClaims claims{alice, ClientClass::kPc, database->find_account("alice").value()->token_version, expires};
  expect_accepted(with_token(logins.tokens.issue("alice", claims)));
  claims.user = bob;
  expect_refused(with_token(logins.tokens.issue("alice", claims)));
  claims.user = 0;
  expect_refused(with_token(logins.tokens.issue("nobody", claims)));
}

TEST_F(TokenLoginTest, one_that_is_too_old_is_refused) {
  config.session_token.lifetime_ms = 5'000;
  const IMLoginRes answer = answer_to(login("alice"));
  EXPECT_EQ(answer.token_expires(), clock.unix_seconds() + 5);
  clock.set_wall_clock(answer.token_expires() - INT64_C(1));
  expect_accepted(with_token(answer.session_token()));
  clock.set_wall_clock(answer.token_expires());
  expect_refused(with_token(answer.session_token()));
}

TEST_F(TokenLoginTest, a_new_password_a_disabled_account_and_a_revocation_end_it) {
  std::string token = token_of("alice");
  const std::string of_bob = token_of("bob");
  revoke();
  expect_refused(with_token(token));

  token = token_of("alice");
  change([&](Database& db) { return db.set_disabled(alice, true, clock.unix_seconds()); });
  expect_refused(with_token(token));
  change([&](Database& db) { return db.set_disabled(alice, false, clock.unix_seconds()); });
  expect_refused(with_token(token));

  token = token_of("alice");
  change([&](Database& db) { return db.set_password_hash(alice, "another"); });
  expect_refused(with_token(token));
  EXPECT_EQ(count("token", "void"), 4);
  expect_accepted(with_token(of_bob, "bob"));
}

TEST_F(TokenLoginTest, where_it_is_refused_the_password_beside_it_is_checked) {
  const std::string token = token_of("alice");
  expect_accepted(with_token(altered(token), "alice", CLIENT_TYPE_WINDOWS, "secret"));
  revoke();
  expect_accepted(with_token(token, "alice", CLIENT_TYPE_WINDOWS, "secret"));
  expect_refused(with_token(token, "alice", CLIENT_TYPE_WINDOWS, "wrong"));
  EXPECT_EQ(count("password", "accepted"), 3);
  EXPECT_EQ(count("password", "wrong"), 1);
  EXPECT_EQ(count("token", "accepted") + count("token", "wrong") + count("token", "void"), 0);
}

TEST_F(TokenLoginTest, forged_ones_count_as_guesses_and_cost_no_password_check) {
  const double before = password_checks();
  for (int64_t i = 0; i < config.password.throttle.failures_per_account; ++i) expect_refused(with_token("x"));
  const auto client = connect();
  client->send(with_token("x"));
  expect_error(*client, ERROR_RATE_LIMITED);
  expect_end(*client);
  const auto with_password = connect();
  with_password->send(login("alice"));
  expect_error(*with_password, ERROR_RATE_LIMITED);
  EXPECT_EQ(password_checks(), before);
  EXPECT_EQ(count("token", "throttled"), 1);
  EXPECT_EQ(count("password", "throttled"), 1);
}

TEST_F(TokenLoginTest, one_request_is_one_guess_whatever_is_wrong_in_it) {
  for (int64_t i = 1; i < config.password.throttle.failures_per_account; ++i) {
    expect_refused(with_token("x", "alice", CLIENT_TYPE_WINDOWS, "wrong"));
  }
  expect_accepted(login("alice"));
}

TEST_F(TokenLoginTest, authentic_ones_that_are_void_are_no_guesses) {
  const std::string token = token_of("alice");
  revoke();
  for (int64_t i = 0; i < 2 * config.password.throttle.failures_per_address; ++i) expect_refused(with_token(token));
  for (int64_t i = 0; i < 2 * config.password.throttle.failures_per_address; ++i) {
    expect_refused(with_token(token, "alice", kPhone));
  }
  expect_accepted(login("alice"));
}

TEST_F(TokenLoginTest, nobodys_guesses_keep_its_holder_out_nor_does_it_pardon_them) {
  const std::string token = token_of("alice");
  guess_until_throttled("alice");
  expect_accepted(with_token(token));
  const auto guesser = connect();
  guesser->send(login("alice"));
  expect_error(*guesser, ERROR_RATE_LIMITED);
  expect_accepted(with_token(token));
}

TEST_F(TokenLoginTest, a_void_one_opens_no_way_round_the_throttle) {
  const std::string token = token_of("alice");
  revoke();
  guess_until_throttled("alice");
  const double before = password_checks();
  const auto client = connect();
  client->send(with_token(token, "alice", CLIENT_TYPE_WINDOWS, "secret"));
  expect_error(*client, ERROR_RATE_LIMITED);
  expect_end(*client);
  EXPECT_EQ(password_checks(), before);
}

TEST_F(TokenLoginTest, switched_off_none_are_given_and_none_accepted) {
  const std::string token = token_of("alice");
  config.session_token.lifetime_ms = 0;
  expect_refused(with_token(token));
  const IMLoginRes answer = answer_to(with_token(token, "alice", CLIENT_TYPE_WINDOWS, "secret"));
  EXPECT_EQ(answer.result_code(), REFUSE_REASON_NONE);
  EXPECT_FALSE(answer.has_session_token());
  EXPECT_FALSE(answer.has_token_expires());
}

TEST_F(TokenLoginTest, a_second_one_on_the_same_connection_changes_nothing) {
  const std::string token = token_of("alice");
  hold_store = true;
  const auto client = connect();
  client->send(with_token(token));
  ASSERT_TRUE(until([&] { return reads.pending() == 1; }));
  client->send(with_token(token));
  expect_error(*client, ERROR_ALREADY_LOGGED_IN);
  hold_store = false;
  EXPECT_EQ(expect<IMLoginRes>(*client).result_code(), REFUSE_REASON_NONE);
}

// The account was read, then it was changed and its sessions were ended: this one was not among them yet.
TEST_F(TokenLoginTest, a_token_that_is_revoked_while_its_login_is_under_way_does_not_get_in) {
  const std::string token = token_of("alice");
  hold_store = true;
  const auto client = connect();
  client->send(with_token(token));
  ASSERT_TRUE(until([&] { return reads.pending() == 1; }));
  sessions.end_here(alice, CloseReason::kRevoked);
  ASSERT_TRUE(reads.run_one());  // what it reads is the state before the change
  revoke();
  hold_store = false;
  EXPECT_EQ(expect<IMLoginRes>(*client).result_code(), REFUSE_REASON_DB_VALIDATE_FAILED);
  expect_end(*client);
  EXPECT_EQ(count("token", "void"), 1);
}

TEST_F(TokenLoginTest, an_account_that_is_disabled_while_its_password_is_checked_does_not_get_in) {
  const auto client = connect();
  hold_hashing = true;
  client->send(login("alice"));
  ASSERT_TRUE(until([&] { return hashing.pending() == 1; }));
  change([&](Database& db) { return db.set_disabled(alice, true, clock.unix_seconds()); });
  EXPECT_EQ(sessions.end_here(alice, CloseReason::kRevoked), 0u);
  hold_hashing = false;
  EXPECT_EQ(expect<IMLoginRes>(*client).result_code(), REFUSE_REASON_DB_VALIDATE_FAILED);
  expect_end(*client);
  EXPECT_EQ(users.local_users(), 0u);
}

TEST_F(TokenLoginTest, an_old_password_that_is_changed_while_it_is_checked_does_not_get_in) {
  const auto client = connect();
  hold_hashing = true;
  client->send(login("alice"));
  ASSERT_TRUE(until([&] { return hashing.pending() == 1; }));
  change([&](Database& db) { return db.set_password_hash(alice, decoy); });
  sessions.end_here(alice, CloseReason::kRevoked);
  hold_hashing = false;
  EXPECT_EQ(expect<IMLoginRes>(*client).result_code(), REFUSE_REASON_DB_VALIDATE_FAILED);
  EXPECT_EQ(count("password", "wrong"), 1);
}

TEST_F(TokenLoginTest, a_login_that_was_under_way_when_somebody_elses_sessions_were_ended_gets_in) {
  const std::string token = token_of("alice");
  const auto with_password = connect();
  const auto by_token = connect();
  hold_hashing = true;
  with_password->send(login("bob"));
  ASSERT_TRUE(until([&] { return hashing.pending() == 1; }));
  hold_store = true;
  by_token->send(with_token(token));
  ASSERT_TRUE(until([&] { return reads.pending() == 1; }));
  sessions.end_here(999, CloseReason::kRevoked);
  hold_hashing = false;
  hold_store = false;
  EXPECT_EQ(expect<IMLoginRes>(*with_password).result_code(), REFUSE_REASON_NONE);
  EXPECT_EQ(expect<IMLoginRes>(*by_token).result_code(), REFUSE_REASON_NONE);
  EXPECT_EQ(password_checks(), 2);
}

TEST_F(TokenLoginTest, ending_a_users_sessions_ends_all_of_them_and_nobody_elses) {
  const auto pc = log_in("alice");
  const auto phone = log_in("alice", kPhone);
  const auto other = log_in("bob");
  EXPECT_EQ(sessions.end_here(alice, CloseReason::kRevoked), 2u);
  for (TestClient* client : {pc.get(), phone.get()}) {
    EXPECT_EQ(expect<TbGoAway>(*client).reason(), GO_AWAY_REVOKED);
    expect_end(*client);
  }
  sync(*other);
  EXPECT_EQ(users.local(alice, ClientClass::kPc), nullptr);
  EXPECT_EQ(users.local(alice, ClientClass::kMobile), nullptr);
  EXPECT_EQ(sessions.end_here(alice, CloseReason::kRevoked), 0u);
}

}  // namespace
}  // namespace talkbeat::msg_server_test
