#include <gmock/gmock.h>

#include "base/wire_password.h"
#include "tests/unit/client_harness.h"
#include "tests/unit/tls_fixture.h"

namespace talkbeat {
namespace {

using enum ClientState;

class ClientConnection : public ClientHarness {};

TbError login_error(uint32_t retry_after_ms) {
  TbError error;
  error.set_service_id(1);
  error.set_command_id(IM::BaseDefine::CID_LOGIN_REQ_USERLOGIN);
  error.set_seq_num(1);
  error.set_code(ERROR_RATE_LIMITED);
  error.set_text("slow down");
  error.set_retry_after_ms(retry_after_ms);
  return error;
}

TEST_F(ClientConnection, finds_a_server_and_logs_in) {
  server.password = wire_password("secret");
  start();
  ASSERT_TRUE(until_state(kOnline));
  EXPECT_EQ(heard.states, std::vector({kResolving, kConnecting, kLoggingIn, kOnline}));
  EXPECT_EQ(client->info().server, server.address());
  EXPECT_EQ(client->info().user_id, FakeServer::kUser);
}

TEST_F(ClientConnection, goes_to_a_given_msg_server_without_asking) {
  options.login_servers.clear();
  options.msg_server = server.address();
  start();
  ASSERT_TRUE(until_state(kOnline));
  EXPECT_EQ(heard.states, std::vector({kConnecting, kLoggingIn, kOnline}));
}

TEST_F(ClientConnection, a_dead_login_server_is_passed_over) {
  FakeServer dead(loop);
  const Address nobody = dead.address();
  dead.stop_listening();
  options.login_servers = {nobody, server.address(), nobody};
  start();
  EXPECT_TRUE(until_state(kOnline));
  EXPECT_EQ(heard.states.size(), 4u);
}

TEST_F(ClientConnection, waits_and_tries_again_while_nobody_listens) {
  server.stop_listening();
  start();
  EXPECT_TRUE(until([&] { return std::ranges::count(heard.states, kWaiting) >= 3; }));
  EXPECT_NE(heard.why.find("127.0.0.1"), std::string::npos);
}

TEST_F(ClientConnection, a_refused_password_is_final) {
  server.password = wire_password("other");
  start();
  ASSERT_TRUE(until_state(kClosed));
  EXPECT_EQ(client->info().closed_by, ClosedBy::kRefusal);
  EXPECT_EQ(heard.why, "wrong name or password");
}

TEST_F(ClientConnection, a_login_that_is_refused_for_the_moment_is_tried_again) {
  int refused = 0;
  server.intercept = [&](Connection& connection, const PduHeader& header, std::span<const std::byte>) {
    if (header.command_id != IM::BaseDefine::CID_LOGIN_REQ_USERLOGIN || refused == 2) return false;
    ++refused;
    send_pdu(connection, login_error(10), header.seq_num);
    IM::Login::IMLoginRes answer;
    answer.set_server_time(1);
    answer.set_result_code(IM::BaseDefine::REFUSE_REASON_DB_VALIDATE_FAILED);
    send_pdu(connection, answer, header.seq_num);
    connection.close(CloseReason::kLoginRefused);
    return true;
  };
  start();
  EXPECT_TRUE(until_state(kOnline));
  EXPECT_EQ(refused, 2);
}

TEST_F(ClientConnection, a_lost_connection_is_restored_again_and_again) {
  start();
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(until([&] { return server.logins == i && client->state() == kOnline; }));
    server.drop_all();
    ASSERT_TRUE(until([&] { return client->state() != kOnline; }));
  }
  ASSERT_TRUE(until_state(kOnline));
  EXPECT_EQ(client->info().reconnects, 3);
}

TEST_F(ClientConnection, a_bad_certificate_is_waited_out_by_those_who_have_been_there) {
  const TlsFiles good;
  const TlsFiles bad;
  const auto show = [this](const TlsFiles& files) {
    server.tls.emplace(std::move(TlsContext::server(files.server()).value()));
  };
  ASSERT_TRUE(network.use_tls(good.certificate(), "127.0.0.1").ok());
  show(good);
  start();
  ASSERT_TRUE(until_state(kOnline));
  show(bad);
  server.drop_all();
  ASSERT_TRUE(until([&] { return client->info().distrusts && client->state() == kWaiting; }));
  EXPECT_THAT(heard.why, testing::HasSubstr("is not to be trusted"));
  EXPECT_TRUE(until([&] { return client->state() != kWaiting; })) << "it tries again";
  show(good);
  ASSERT_TRUE(until_state(kOnline));
  EXPECT_FALSE(client->info().distrusts);
  EXPECT_EQ(client->info().reconnects, 1);
}

TEST_F(ClientConnection, a_bad_certificate_at_the_first_try_is_final) {
  const TlsFiles files;
  const TlsFiles others;
  ASSERT_TRUE(network.use_tls(others.certificate(), "127.0.0.1").ok());
  server.tls.emplace(std::move(TlsContext::server(files.server()).value()));
  start();
  ASSERT_TRUE(until_state(kClosed));
  EXPECT_EQ(client->info().closed_by, ClosedBy::kDistrust);
  EXPECT_THAT(heard.why, testing::HasSubstr("is not to be trusted"));
}

TEST_F(ClientConnection, a_kick_is_final) {
  start();
  ASSERT_TRUE(until_state(kOnline));
  IM::Login::IMKickUser kick;
  kick.set_user_id(FakeServer::kUser);
  kick.set_kick_reason(IM::BaseDefine::KICK_REASON_DUPLICATE_USER);
  server.send(kick);
  ASSERT_TRUE(until_state(kClosed));
  EXPECT_EQ(heard.kicks, 1);
  EXPECT_EQ(client->info().closed_by, ClosedBy::kKick);
  EXPECT_EQ(server.logins, 1);
}

TEST_F(ClientConnection, stopping_logs_out) {
  bool logout = false;
  server.intercept = [&](Connection&, const PduHeader& header, std::span<const std::byte>) {
    logout = logout || header.command_id == IM::BaseDefine::CID_LOGIN_REQ_LOGINOUT;
    return false;
  };
  start();
  ASSERT_TRUE(until_state(kOnline));
  client->stop();
  EXPECT_EQ(client->state(), kClosed);
  EXPECT_TRUE(until([&] { return logout && network.size() == 0; }));
}

TEST_F(ClientConnection, silence_is_filled_with_heartbeats_and_measures_the_round_trip) {
  options.heartbeat_interval_ms = 20;
  start();
  ASSERT_TRUE(until([&] { return server.heartbeats >= 3; }));
  EXPECT_TRUE(until([&] { return client->info().rtt_ms.has_value(); }));
  EXPECT_EQ(server.logins, 1);
}

TEST_F(ClientConnection, a_server_that_does_not_answer_is_left) {
  options.heartbeat_interval_ms = 20;
  options.response_timeout_ms = 50;
  start();
  ASSERT_TRUE(until_synced());
  server.mute = true;
  ASSERT_TRUE(until([&] { return client->state() != kOnline; }));
  EXPECT_EQ(heard.why, "the server does not answer");
  server.mute = false;
  EXPECT_TRUE(until_state(kOnline));
}

TEST_F(ClientConnection, a_message_without_an_ack_shows_a_dead_server_before_the_next_heartbeat) {
  options.heartbeat_interval_ms = 60'000;
  options.response_timeout_ms = 50;
  start();
  ASSERT_TRUE(until_synced());
  server.mute = true;
  client->send_text(kBob, "anybody?");
  ASSERT_TRUE(until([&] { return client->state() != kOnline; }));
  server.mute = false;
  EXPECT_TRUE(until([&] { return heard.sent.size() == 1; }));
  EXPECT_EQ(server.stored[kBob].size(), 1u);
}

TEST_F(ClientConnection, a_server_that_asks_is_answered_once) {
  start();
  ASSERT_TRUE(until_synced());
  server.send(IM::Other::IMHeartBeat());
  ASSERT_TRUE(until([&] { return client->info().rtt_ms.has_value(); }));
  EXPECT_EQ(server.heartbeats, 1);
}

TEST_F(ClientConnection, requests_without_a_connection_fail_at_once) {
  client = std::make_unique<Client>(network, options, heard);
  std::string why;
  client->request<IM::Message::IMClientTimeReq, IM::Message::IMClientTimeRsp>(
      {}, [&](Result<IM::Message::IMClientTimeRsp> answer) { why = answer.ok() ? "" : answer.message(); });
  EXPECT_EQ(why, "not connected");
}

TEST_F(ClientConnection, requests_fail_when_their_connection_is_lost) {
  start();
  ASSERT_TRUE(until_synced());
  std::string why;
  client->request<IM::Message::IMClientTimeReq, IM::Message::IMClientTimeRsp>(
      {}, [&](Result<IM::Message::IMClientTimeRsp> answer) { why = answer.ok() ? "" : answer.message(); });
  server.drop_all();
  ASSERT_TRUE(until([&] { return !why.empty(); }));
  EXPECT_EQ(why, "the server closed the connection");
}

}  // namespace
}  // namespace talkbeat
