// Session tokens: what they spare, and that none is accepted that is altered, old, revoked or somebody else's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "base/wire_password.h"
#include "tests/scenario/oracle.h"
#include "tests/scenario/requests.h"

namespace talkbeat::scenario {
namespace {

using IM::BaseDefine::ClientType;
using IM::BaseDefine::REFUSE_REASON_DB_VALIDATE_FAILED;
using IM::BaseDefine::REFUSE_REASON_NONE;
using IM::Login::IMLoginReq;
using IM::Login::IMLoginRes;
using testing::HasSubstr;

constexpr const char* kServers[] = {"msg_server_0", "msg_server_1"};

IMLoginReq with_token(const std::string& name, const std::string& token, ClientType type = kPc) {
  IMLoginReq request;
  request.set_user_name(name);
  request.set_password("");
  request.set_online_status(IM::BaseDefine::USER_STATUS_ONLINE);
  request.set_client_type(type);
  request.set_session_token(token);
  return request;
}

IMLoginRes answer_to(const Cluster& cluster, const std::string& server, const IMLoginReq& request) {
  WireClient client(cluster.client_port(server));
  const IMLoginRes answer = client.ask<IMLoginRes>(request);
  if (answer.result_code() != REFUSE_REASON_NONE) client.expect_close();
  return answer;
}

void expect_accepted(const Cluster& cluster, const std::string& server, const IMLoginReq& request) {
  const IMLoginRes answer = answer_to(cluster, server, request);
  EXPECT_EQ(answer.result_code(), REFUSE_REASON_NONE) << server << ": " << answer.ShortDebugString();
}

void expect_refused(const Cluster& cluster, const IMLoginReq& request) {
  for (const char* server : kServers) {
    const IMLoginRes answer = answer_to(cluster, server, request);
    EXPECT_EQ(answer.result_code(), REFUSE_REASON_DB_VALIDATE_FAILED) << server;
    EXPECT_FALSE(answer.has_user_info()) << server;
    EXPECT_FALSE(answer.has_session_token()) << server;
  }
}

IMLoginRes log_in(const Cluster& cluster, const std::string& server, const std::string& name, ClientType type = kPc,
                  std::string_view password = kPassword) {
  WireClient client(cluster.client_port(server));
  return client.log_in(name, type, password);
}

std::string token_of(const Cluster& cluster, const std::string& name, ClientType type = kPc) {
  return log_in(cluster, "msg_server_0", name, type).session_token();
}

double password_checks(const Cluster& cluster) {
  double all = 0;
  for (const char* server : kServers) all += figure(cluster, server, "talkbeat_password_checks_total");
  return all;
}

double logins(const Cluster& cluster, const std::string& server, const std::string& method, const std::string& result) {
  return figure(cluster, server, "talkbeat_logins_total{method=\"" + method + "\",result=\"" + result + "\"}");
}

// No guess counts, so that each try is looked at.
ClusterOptions without_throttle() {
  ClusterOptions options;
  options.settings = {"password.failures_per_account=100000", "password.failures_per_address=100000"};
  return options;
}

TEST(SessionToken, ten_logins_with_it_on_either_server_cost_no_password_check) {
  Cluster cluster;
  IMLoginRes answer = log_in(cluster, "msg_server_0", "alice");
  const uint32_t id = answer.user_info().user_id();
  EXPECT_NEAR(answer.token_expires(), static_cast<double>(std::time(nullptr)) + 7 * 24 * 3600, 60);
  EXPECT_EQ(password_checks(cluster), 1);
  for (int i = 0; i < 10; ++i) {
    answer = answer_to(cluster, kServers[i % 2], with_token("alice", answer.session_token()));
    ASSERT_EQ(answer.result_code(), REFUSE_REASON_NONE);
    EXPECT_EQ(answer.user_info().user_id(), id);
    EXPECT_NE(answer.session_token(), "");
  }
  EXPECT_EQ(password_checks(cluster), 1);
  for (const char* server : kServers) EXPECT_EQ(logins(cluster, server, "token", "accepted"), 5);

  // With a token that is refused and the password in one request, the password counts.
  IMLoginReq both = with_token("alice", "what is this?");
  both.set_password(wire_password(kPassword));
  expect_accepted(cluster, "msg_server_1", both);
  EXPECT_EQ(password_checks(cluster), 2);
}

TEST(SessionToken, it_outlives_the_cluster_being_killed) {
  Cluster cluster;
  const std::string token = token_of(cluster, "alice");
  for (const char* name : {"msg_server_0", "msg_server_1", "login_server_0"}) cluster.kill9(name);
  cluster.start();
  for (const char* server : kServers) expect_accepted(cluster, server, with_token("alice", token));
  EXPECT_EQ(password_checks(cluster), 0);
}

TEST(A4, none_that_is_altered_or_cut_or_of_somebody_else_or_of_the_other_class_is_accepted) {
  RowCluster cluster(without_throttle().settings, 2);
  const std::string token = token_of(cluster, "alice");
  wait_until("she who has got it is gone",
             [&] { return figure(cluster, "msg_server_0", "talkbeat_client_connections") == 0; });
  Oracle oracle(cluster);
  const double before = password_checks(cluster);
  for (size_t at = 0; at < token.size(); ++at) {
    std::string altered = token;
    altered[at] = static_cast<char>(altered[at] ^ 1 << (at % 8));
    expect_refused(cluster, with_token("alice", altered));
  }
  for (const size_t length : {size_t{1}, token.size() / 2, token.size() - 1}) {
    expect_refused(cluster, with_token("alice", token.substr(0, length)));
  }
  expect_refused(cluster, with_token("alice", token + '\0'));
  expect_refused(cluster, with_token("alice", std::string(8'000, 'x')));
  expect_refused(cluster, with_token("bob", token));
  expect_refused(cluster, with_token("nobody", token));
  expect_refused(cluster, with_token("alice", token, kMobile));
  EXPECT_EQ(password_checks(cluster), before);
  oracle.expect_unharmed({{"login_refused", token.size() + 8}});
  for (const char* server : kServers) EXPECT_EQ(logins(cluster, server, "token", "accepted"), 0);
  expect_accepted(cluster, "msg_server_1", with_token("alice", token));
  for (const char* server : kServers) {
    EXPECT_THAT(cluster.log_of(server), testing::Not(HasSubstr(token)));
  }
}

TEST(A4, one_that_has_expired_is_refused_and_the_next_password_gives_a_new_one) {
  ClusterOptions options;
  options.settings = {"session_token.lifetime=2s"};
  Cluster cluster(options);
  const IMLoginRes answer = log_in(cluster, "msg_server_0", "alice");
  wait_until("it has expired", [&] { return std::time(nullptr) >= static_cast<time_t>(answer.token_expires()); });
  expect_refused(cluster, with_token("alice", answer.session_token()));
  EXPECT_EQ(logins(cluster, "msg_server_0", "token", "void"), 1);
  expect_accepted(cluster, "msg_server_1", with_token("alice", token_of(cluster, "alice")));
}

TEST(SessionToken, switched_off_none_is_given_and_none_accepted) {
  ClusterOptions options;
  options.settings = {"session_token.lifetime=0"};
  Cluster cluster(options);
  EXPECT_FALSE(log_in(cluster, "msg_server_0", "alice").has_session_token());
  expect_refused(cluster, with_token("alice", std::string(46, '\1')));
}

/// alice on a PC at one server and on a phone at the other, and bob, whom nothing of this concerns.
struct LoggedIn {
  explicit LoggedIn(const Cluster& cluster, std::string_view password = kPassword)
      : pc(cluster.client_port("msg_server_0")),
        phone(cluster.client_port("msg_server_1")),
        bob(cluster.client_port("msg_server_1")) {
    pc_token = pc.log_in("alice", kPc, password).session_token();
    phone_token = phone.log_in("alice", kMobile, password).session_token();
    bob_token = bob.log_in("bob").session_token();
  }

  // They were told why, were closed, and do not come back with what they have.
  void expect_logged_out(const Cluster& cluster) {
    for (WireClient* client : {&pc, &phone}) {
      EXPECT_EQ(client->expect<TbGoAway>().reason(), GO_AWAY_REVOKED);
      client->expect_close();
    }
    expect_refused(cluster, with_token("alice", pc_token));
    expect_refused(cluster, with_token("alice", phone_token, kMobile));
    bob.sync();
    EXPECT_EQ(bob.waiting<TbGoAway>(), 0u);
    expect_accepted(cluster, "msg_server_0", with_token("bob", bob_token));
  }

  WireClient pc;
  WireClient phone;
  WireClient bob;
  std::string pc_token;
  std::string phone_token;
  std::string bob_token;
};

TEST(SessionToken, a_user_who_is_logged_out_everywhere_is_off_all_servers_at_once_and_comes_back_with_the_password) {
  Cluster cluster(without_throttle());
  LoggedIn people(cluster);
  const Closings closings(cluster, "msg_server_0");
  const Outcome outcome = cluster.talkctl({"--json", "user", "revoke", "alice"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto report = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(report.at("name"), "alice");
  EXPECT_EQ(report.at("id"), people.pc.user_id());
  EXPECT_EQ(report.at("sessions_ended"), 2);
  EXPECT_THAT(report.at("servers_told"), testing::ElementsAre("msg_server_0", "msg_server_1"));
  EXPECT_TRUE(report.at("servers_not_told").empty());
  people.expect_logged_out(cluster);
  EXPECT_EQ(closings.so_far("revoked"), 1u);

  const std::string token = token_of(cluster, "alice");
  expect_accepted(cluster, "msg_server_1", with_token("alice", token));
  EXPECT_NE(cluster.talkctl({"user", "revoke", "nobody"}).exit_code, 0);
  expect_accepted(cluster, "msg_server_1", with_token("alice", token));
}

TEST(A4, a_new_password_ends_tokens_and_sessions) {
  Cluster cluster(without_throttle());
  LoggedIn people(cluster);
  const Outcome outcome = cluster.talkctl({"user", "passwd", "alice", "--password", "another one"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("sessions ended: 2"));
  people.expect_logged_out(cluster);
  const IMLoginRes answer = log_in(cluster, "msg_server_1", "alice", kPc, "another one");
  expect_accepted(cluster, "msg_server_0", with_token("alice", answer.session_token()));
}

TEST(A4, disabling_an_account_ends_tokens_and_sessions_and_enabling_it_does_not_bring_them_back) {
  Cluster cluster(without_throttle());
  LoggedIn people(cluster);
  ASSERT_EQ(cluster.talkctl({"user", "disable", "alice"}).exit_code, 0);
  people.expect_logged_out(cluster);
  ASSERT_EQ(cluster.talkctl({"user", "enable", "alice"}).exit_code, 0);
  expect_refused(cluster, with_token("alice", people.pc_token));
  expect_refused(cluster, with_token("alice", people.phone_token, kMobile));
  expect_accepted(cluster, "msg_server_0", with_token("alice", token_of(cluster, "alice")));
}

TEST(SessionToken, a_server_that_hangs_is_named_by_the_logout_and_one_that_does_not_run_is_no_fault) {
  Cluster cluster;
  WireClient pc(cluster.client_port("msg_server_0"));
  WireClient phone(cluster.client_port("msg_server_1"));
  pc.log_in("alice");
  phone.log_in("alice", kMobile);
  cluster.signal("msg_server_1", SIGSTOP);
  const Outcome partly = cluster.talkctl({"user", "revoke", "alice"});
  EXPECT_EQ(partly.exit_code, 1);
  EXPECT_THAT(partly.err, HasSubstr("msg_server_1 (no answer)"));
  EXPECT_THAT(partly.err, testing::Not(HasSubstr("msg_server_0")));
  EXPECT_EQ(lines_of(partly.err).size(), 1u) << partly.err;
  pc.expect_close();

  cluster.signal("msg_server_1", SIGCONT);
  const Outcome again = cluster.talkctl({"user", "revoke", "alice"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(phone.expect<TbGoAway>().reason(), GO_AWAY_REVOKED);
  phone.expect_close();

  cluster.kill9("msg_server_1");
  const Outcome without = cluster.talkctl({"--json", "user", "revoke", "alice"});
  EXPECT_EQ(without.exit_code, 0) << without.err;
  EXPECT_THAT(nlohmann::json::parse(without.out).at("servers_told"), testing::ElementsAre("msg_server_0"));
}

TEST(SessionToken, guessing_passwords_does_not_keep_its_holder_out_and_forging_it_is_guessing) {
  ClusterOptions options;
  options.settings = {"password.failures_per_account=3", "password.failures_per_address=20"};
  Cluster cluster(options);
  const std::string token = token_of(cluster, "alice");
  const auto throttled = [&](const IMLoginReq& request) {
    WireClient client(cluster.client_port("msg_server_0"));
    client.expect_error(ERROR_RATE_LIMITED, client.send(request));
    EXPECT_EQ(client.expect<IMLoginRes>().result_code(), REFUSE_REASON_DB_VALIDATE_FAILED);
    client.expect_close();
  };
  IMLoginReq guess = with_token("alice", "");
  guess.set_password(wire_password("guess"));
  for (int i = 0; i < 3; ++i) answer_to(cluster, "msg_server_0", guess);
  throttled(guess);
  expect_accepted(cluster, "msg_server_0", with_token("alice", token));
  throttled(with_token("alice", "forged"));

  // From this address 3 failures are counted: 17 more, whoever they name, and it is closed.
  const double before = password_checks(cluster);
  for (int i = 0; i < 17; ++i) {
    const auto answer = answer_to(cluster, "msg_server_0", with_token("nobody " + std::to_string(i), "forged"));
    EXPECT_EQ(answer.result_code(), REFUSE_REASON_DB_VALIDATE_FAILED);
  }
  throttled(with_token("somebody", "forged"));
  EXPECT_EQ(password_checks(cluster), before);
  expect_accepted(cluster, "msg_server_0", with_token("alice", token));
}

}  // namespace
}  // namespace talkbeat::scenario
