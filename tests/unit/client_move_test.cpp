// When a server asks a client to leave: first the new connection, then the end of the old one.
#include "base/go_away.h"
#include "tests/unit/client_harness.h"

namespace talkbeat {
namespace {

using enum ClientState;
using IM::Message::IMClientTimeReq;
using IM::Message::IMClientTimeRsp;
using Texts = std::vector<std::string>;

const std::vector<ClientState> kOnlineOnce = {kResolving, kConnecting, kLoggingIn, kOnline};

class ClientMove : public ClientHarness {
 protected:
  ClientMove() : nobody(dead.address()) {
    dead.stop_listening();
    start();
  }

  void be_synced() { ASSERT_TRUE(until_synced()); }
  bool until_moved(int times = 1) {
    return until([&] { return client->info().moves >= times; });
  }
  void turns(int count) {
    for (int i = 0; i < count; ++i) loop.turn(1);
  }
  // What the test's code has to do with a connection that `server` is not to answer: called with each such PDU.
  void catch_at(FakeServer& at, uint16_t command, std::function<void(Connection&, const PduHeader&)> caught) {
    at.intercept = [command, caught = std::move(caught)](Connection& connection, const PduHeader& header,
                                                         std::span<const std::byte>) {
      if (header.command_id != command) return false;
      caught(connection, header);
      return true;
    };
  }

  FakeServer next{loop, &server};
  FakeServer dead{loop};
  const Address nobody;  // listens there
};

TEST_F(ClientMove, goes_to_the_named_place_and_is_never_offline) {
  be_synced();
  server.ask_to_leave(GO_AWAY_DRAIN, next.address());
  ASSERT_TRUE(until_moved());
  EXPECT_EQ(client->info().server, next.address());
  EXPECT_EQ(client->info().reconnects, 0);
  EXPECT_EQ(heard.states, kOnlineOnce);
  EXPECT_EQ(heard.moves, 1);
  EXPECT_EQ(heard.why, "the server said: this server is being stopped");
  EXPECT_EQ(heard.kicks, 0) << "our own new login";
  EXPECT_TRUE(until([&] { return !server.has_client() && next.has_client() && heard.synced == 2; }));
}

TEST_F(ClientMove, asks_login_server_where_no_place_is_named) {
  be_synced();
  server.direct_to = next.address();
  server.ask_to_leave(GO_AWAY_MAX_AGE);
  ASSERT_TRUE(until_moved());
  EXPECT_EQ(client->info().server, next.address());
  EXPECT_EQ(heard.states, kOnlineOnce);
}

TEST_F(ClientMove, asks_login_server_where_the_place_cannot_be_reached) {
  be_synced();
  server.direct_to = next.address();
  server.ask_to_leave(GO_AWAY_DRAIN, nobody);
  ASSERT_TRUE(until_moved());
  EXPECT_EQ(client->info().server, next.address());
  EXPECT_EQ(heard.states, kOnlineOnce);
}

TEST_F(ClientMove, asks_login_server_where_the_place_is_full) {
  be_synced();
  int refused = 0;
  catch_at(next, IM::BaseDefine::CID_LOGIN_REQ_USERLOGIN, [&](Connection& connection, const PduHeader& header) {
    ++refused;
    IM::Login::IMLoginRes answer;
    answer.set_server_time(1);
    answer.set_result_code(IM::BaseDefine::REFUSE_REASON_MSG_SERVER_FULL);
    send_pdu(connection, answer, header.seq_num);
    connection.close(CloseReason::kLoginRefused);
  });
  server.ask_to_leave(GO_AWAY_MAX_AGE, next.address());
  ASSERT_TRUE(until_moved());
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(client->info().server, server.address());
  EXPECT_EQ(heard.states, kOnlineOnce);
}

TEST_F(ClientMove, may_lead_to_another_connection_of_the_same_server) {
  be_synced();
  server.ask_to_leave(GO_AWAY_MAX_AGE);
  ASSERT_TRUE(until_moved());
  EXPECT_EQ(client->info().server, server.address());
  EXPECT_EQ(heard.states, kOnlineOnce);
  EXPECT_TRUE(until_synced(2));
}

TEST_F(ClientMove, waits_as_long_as_it_is_told_to) {
  be_synced();
  const Tick asked_at = clock.now();
  server.ask_to_leave(GO_AWAY_DRAIN, next.address(), 150);
  ASSERT_TRUE(until_moved());
  EXPECT_GE(clock.now() - asked_at, 150);
}

TEST_F(ClientMove, stays_and_tries_again_while_there_is_no_place) {
  be_synced();
  const Address place = next.address();
  server.direct_to = nobody;
  int asked = 0;
  server.intercept = [&](Connection&, const PduHeader& header, std::span<const std::byte>) {
    asked += header.command_id == IM::BaseDefine::CID_LOGIN_REQ_MSGSERVER;
    return false;
  };
  server.ask_to_leave(GO_AWAY_DRAIN, nobody);
  ASSERT_TRUE(until([&] { return asked >= 3; }));
  server.deliver(kBob, "still here?");
  client->send_text(kBob, "yes");
  ASSERT_TRUE(until([&] { return heard.texts.size() == 1 && heard.sent.size() == 1; }));
  EXPECT_EQ(client->info().server, server.address());
  server.direct_to = place;
  ASSERT_TRUE(until_moved());
  EXPECT_EQ(client->info().server, place);
  EXPECT_EQ(heard.states, kOnlineOnce);
}

TEST_F(ClientMove, loses_and_doubles_no_message_of_either_way) {
  be_synced();
  FakeServer* here = &server;
  FakeServer* there = &next;
  Texts expected;
  int asked = 0;
  for (int i = 0; i < 200; ++i) {
    client->send_text(kBob, "out " + std::to_string(i));
    loop.turn(1);
    server.deliver(kBob, std::to_string(i));
    expected.push_back("2:" + std::to_string(i));
    if (i % 40 != 20) continue;
    ASSERT_TRUE(until([&] { return client->info().moves == asked; }));
    ++asked;
    here->ask_to_leave(GO_AWAY_DRAIN, there->address());
    std::swap(here, there);
  }
  ASSERT_TRUE(until([&] { return heard.texts.size() >= expected.size() && heard.sent.size() >= 200; }));
  EXPECT_EQ(heard.texts, expected);
  EXPECT_TRUE(std::ranges::is_sorted(heard.sent));
  EXPECT_EQ(server.stored[kBob].size(), 400u);
  EXPECT_EQ(heard.states, kOnlineOnce);
  EXPECT_EQ(asked, 5);
  EXPECT_TRUE(until([&] { return client->info().moves == asked; }));
}

TEST_F(ClientMove, sends_what_has_no_ack_again_with_the_same_key) {
  be_synced();
  server.lose_acks = true;
  client->send_text(kBob, "a");
  ASSERT_TRUE(until([&] { return server.stored[kBob].size() == 1; }));
  server.ask_to_leave(GO_AWAY_DRAIN, next.address());
  ASSERT_TRUE(until([&] { return heard.sent.size() == 1; }));
  EXPECT_EQ(client->info().moves, 1);
  ASSERT_TRUE(until_synced(2));
  EXPECT_EQ(server.stored[kBob].size(), 1u);
  EXPECT_EQ(heard.texts, Texts()) << "our own message came back as another session's";
}

TEST_F(ClientMove, costs_no_request) {
  be_synced();
  Connection* asker = nullptr;
  uint16_t seq_num = 0;
  catch_at(server, IM::BaseDefine::CID_MSG_TIME_REQUEST, [&](Connection& connection, const PduHeader& header) {
    asker = &connection;
    seq_num = header.seq_num;
  });
  Texts answers;
  const auto ask = [&](const std::string& name) {
    client->request<IMClientTimeReq, IMClientTimeRsp>({}, [&answers, name](Result<IMClientTimeRsp> answer) {
      answers.push_back(name + (answer.ok() ? " answered" : ": " + answer.message()));
    });
  };
  ask("first");
  ASSERT_TRUE(until([&] { return asker != nullptr; }));
  asker = nullptr;
  server.ask_to_leave(GO_AWAY_DRAIN, next.address());
  ASSERT_TRUE(until([&] { return next.connections() == 1; }));
  ask("second");
  turns(5);
  EXPECT_EQ(next.login_requests.size(), 0u) << "the first has no answer yet";
  EXPECT_EQ(asker, nullptr) << "the second went to the server that is being left";
  IMClientTimeRsp time;
  time.set_server_time(1);
  server.send(time, seq_num);
  ASSERT_TRUE(until([&] { return answers.size() == 2; }));
  EXPECT_EQ(answers, Texts({"first answered", "second answered"}));
  EXPECT_EQ(next.time_requests, 1);
  EXPECT_EQ(client->info().moves, 1);
}

TEST_F(ClientMove, does_not_wait_for_ever_for_an_answer) {
  be_synced();
  catch_at(server, IM::BaseDefine::CID_MSG_TIME_REQUEST, [](Connection&, const PduHeader&) {});
  std::string why;
  client->request<IMClientTimeReq, IMClientTimeRsp>(
      {}, [&](Result<IMClientTimeRsp> answer) { why = answer.ok() ? "" : answer.message(); });
  server.ask_to_leave(GO_AWAY_DRAIN, next.address());
  ASSERT_TRUE(until_moved());
  EXPECT_EQ(why, "moved to " + next.address().to_string());
}

TEST_F(ClientMove, is_no_interruption_where_the_old_server_closes_before_the_answer_comes) {
  be_synced();
  next.hold_logins = true;
  server.ask_to_leave(GO_AWAY_DRAIN, next.address());
  ASSERT_TRUE(until([&] { return next.logins == 1 && !server.has_client(); }));
  turns(20);
  client->send_text(kBob, "where am I?");
  next.answer_login();
  ASSERT_TRUE(until([&] { return heard.sent.size() == 1; }));
  EXPECT_EQ(heard.states, kOnlineOnce);
  EXPECT_EQ(client->info().moves, 1);
  EXPECT_EQ(heard.kicks, 0);
}

TEST_F(ClientMove, becomes_a_reconnect_where_the_answer_does_not_come) {
  be_synced();
  next.hold_logins = true;
  server.ask_to_leave(GO_AWAY_DRAIN, next.address());
  ASSERT_TRUE(until([&] { return client->state() != kOnline; }));
  next.answer_login();
  ASSERT_TRUE(until_state(kOnline));
  EXPECT_EQ(heard.states, std::vector({kResolving, kConnecting, kLoggingIn, kOnline, kDisconnected, kConnecting,
                                       kLoggingIn, kOnline}));
  EXPECT_EQ(client->info().moves, 0);
  EXPECT_EQ(client->info().reconnects, 1);
}

TEST_F(ClientMove, goes_on_without_a_pause_where_the_old_connection_is_lost_on_the_way) {
  be_synced();
  Connection* asker = nullptr;
  uint16_t seq_num = 0;
  catch_at(server, IM::BaseDefine::CID_LOGIN_REQ_MSGSERVER, [&](Connection& connection, const PduHeader& header) {
    asker = &connection;
    seq_num = header.seq_num;
  });
  server.ask_to_leave(GO_AWAY_DRAIN);
  ASSERT_TRUE(until([&] { return asker != nullptr; }));
  server.drop_client();
  ASSERT_TRUE(until([&] { return client->state() != kOnline; }));
  IM::Login::IMMsgServRsp answer;
  answer.set_result_code(IM::BaseDefine::REFUSE_REASON_NONE);
  answer.set_prior_ip(next.address().ip);
  answer.set_port(next.address().port);
  send_pdu(*asker, answer, seq_num);
  ASSERT_TRUE(until_state(kOnline));
  EXPECT_EQ(heard.states, std::vector({kResolving, kConnecting, kLoggingIn, kOnline, kDisconnected, kResolving,
                                       kConnecting, kLoggingIn, kOnline}));
  EXPECT_EQ(heard.whys, Texts({"the server said: this server is being stopped"}));
}

TEST_F(ClientMove, that_has_not_begun_leaves_the_place_to_the_reconnect) {
  be_synced();
  server.ask_to_leave(GO_AWAY_DRAIN, next.address(), 60'000);
  turns(5);
  server.drop_client();
  ASSERT_TRUE(until([&] { return next.logins == 1 && client->state() == kOnline; }));
  EXPECT_EQ(client->info().reconnects, 1);
  EXPECT_EQ(client->info().moves, 0);
}

TEST_F(ClientMove, a_kick_before_the_own_new_login_is_final) {
  be_synced();
  server.ask_to_leave(GO_AWAY_DRAIN, next.address(), 60'000);
  turns(5);
  server.kick();
  ASSERT_TRUE(until_state(kClosed));
  EXPECT_EQ(client->info().closed_by, ClosedBy::kKick);
  EXPECT_EQ(heard.kicks, 1);
}

TEST_F(ClientMove, a_kick_by_the_mobile_client_is_final_at_any_time) {
  be_synced();
  bool asked = false;
  catch_at(next, IM::BaseDefine::CID_LOGIN_REQ_USERLOGIN, [&](Connection&, const PduHeader&) { asked = true; });
  server.ask_to_leave(GO_AWAY_DRAIN, next.address());
  ASSERT_TRUE(until([&] { return asked; }));
  server.kick(IM::BaseDefine::KICK_REASON_MOBILE_KICK);
  ASSERT_TRUE(until_state(kClosed));
  EXPECT_EQ(heard.why, "ended by your mobile client");
}

TEST_F(ClientMove, a_kick_on_the_new_connection_is_final) {
  be_synced();
  server.ask_to_leave(GO_AWAY_DRAIN, next.address());
  ASSERT_TRUE(until_moved());
  next.kick();
  ASSERT_TRUE(until_state(kClosed));
  EXPECT_EQ(client->info().closed_by, ClosedBy::kKick);
}

TEST_F(ClientMove, a_refused_password_is_final_here_too) {
  be_synced();
  next.password = "another one";
  server.ask_to_leave(GO_AWAY_DRAIN, next.address());
  ASSERT_TRUE(until_state(kClosed));
  EXPECT_EQ(client->info().closed_by, ClosedBy::kRefusal);
}

TEST_F(ClientMove, can_be_stopped_on_the_way) {
  be_synced();
  next.hold_logins = true;
  server.ask_to_leave(GO_AWAY_DRAIN, next.address());
  ASSERT_TRUE(until([&] { return next.logins == 1; }));
  client->stop();
  next.answer_login();
  turns(20);
  EXPECT_EQ(client->state(), kClosed);
  EXPECT_EQ(heard.moves, 0);
  EXPECT_TRUE(until([&] { return network.size() == 0; }));
}

TEST_F(ClientMove, is_not_made_where_the_server_closes_at_once_and_the_reason_is_told) {
  be_synced();
  int times = 1;
  for (const GoAwayReason reason :
       {GO_AWAY_TOO_MANY_PINGS, GO_AWAY_IDLE, GO_AWAY_SLOW_CONSUMER, GO_AWAY_SILENT, GO_AWAY_PROTOCOL_ERROR,
        GO_AWAY_MALFORMED, GO_AWAY_HANDSHAKE_TIMEOUT, GO_AWAY_PDU_TIMEOUT, GO_AWAY_REVOKED}) {
    server.ask_to_leave(reason, {}, 0);
    server.drop_client();
    ASSERT_TRUE(until([&] { return server.logins == times + 1 && client->state() == kOnline; }));
    EXPECT_EQ(heard.whys.back(), std::string("the server said: ") + words_for(reason));
    ++times;
  }
  EXPECT_EQ(client->info().moves, 0);
  EXPECT_EQ(client->info().reconnects, times - 1);
}

TEST_F(ClientMove, is_not_made_by_a_client_that_the_operator_has_ended) {
  be_synced();
  server.ask_to_leave(GO_AWAY_KICKED);
  server.drop_client();
  ASSERT_TRUE(until_state(kClosed));
  EXPECT_EQ(client->info().closed_by, ClosedBy::kKick);
  EXPECT_EQ(heard.kicks, 1);
  EXPECT_EQ(heard.why, "ended by the operator");
}

}  // namespace
}  // namespace talkbeat
