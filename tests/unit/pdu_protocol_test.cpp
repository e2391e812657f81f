#include "base/pdu_protocol.h"

#include "tests/unit/loop_fixture.h"

namespace talkbeat {
namespace {

enum class TestPhase { kFresh, kOnline };

struct TestPeer final : PduPeer {
  TestPhase phase = TestPhase::kFresh;
};

struct Context {
  Connection& connection;
  std::string& calls;
};

Verdict on_login(Context& context, const PduHeader&, const TbChallenge& challenge) {
  context.calls += "login ";
  auto& peer = context.connection.attachment<TestPeer>();
  peer.phase = TestPhase::kOnline;
  peer.max_pdu = 1'000;
  return challenge.nonce() == "close" ? Verdict::close(CloseReason::kLoginRefused) : Verdict::handled();
}
Verdict on_time(Context& context, const PduHeader& header, const IM::Message::IMClientTimeReq&) {
  context.calls += "time ";
  IM::Message::IMClientTimeRsp answer;
  answer.set_server_time(1'234);
  send_pdu(context.connection, answer, header.seq_num);
  return Verdict::handled();
}
Verdict on_beat(Context&, const PduHeader&, const IM::Other::IMHeartBeat&) {
  return Verdict::refused(ERROR_BUSY, "later", 250);
}

constexpr std::array kRoutes{
    route<on_time>(in({TestPhase::kOnline})),
    route<on_beat>(in({TestPhase::kOnline})),
    route<on_login>(in({TestPhase::kFresh})),
};
static_assert(strictly_increasing(kRoutes));

class TestProtocol final : public PduProtocol {
 public:
  bool takes_go_away(const Connection&) const override { return speaks; }
  bool speaks = true;

  const char* role() const override { return "test"; }
  void on_close(Connection&, CloseReason reason) override { closed += std::string(to_string(reason)) + " "; }
  void on_heartbeat_due(Connection&) override {}

  std::string calls;
  std::string closed;

 private:
  Verdict on_pdu(Connection& connection, const PduHeader& header, std::span<const std::byte> body) override {
    Context context{connection, calls};
    return dispatch(kRoutes, context, connection.attachment<TestPeer>().phase, Denials{}, header, body);
  }
};

template <class Message>
std::string pdu(const Message& body, uint16_t seq_num = 0) {
  return text_of(encode_pdu(body, seq_num).bytes());
}

std::string login(std::string_view nonce = "n") {
  TbChallenge challenge;
  challenge.set_nonce(std::string(nonce));
  return pdu(challenge);
}

std::string time_request(uint16_t seq_num = 0) {
  return pdu(IM::Message::IMClientTimeReq(), seq_num);
}

// A PDU with this service and command, and this body.
std::string raw(uint16_t service, uint16_t command, std::string_view body = "") {
  PduHeader header;
  header.length = static_cast<uint32_t>(kPduHeaderSize + body.size());
  header.service_id = service;
  header.command_id = command;
  header.seq_num = 77;
  std::string text(kPduHeaderSize, '\0');
  encode_header(header, std::as_writable_bytes(std::span(text)));
  return text + std::string(body);
}

class PduProtocolTest : public LoopTest {
 protected:
  PduProtocolTest() {
    Connection& connection = table.adopt(pair.ours, {"127.0.0.1", 1}, protocol);
    auto peer = std::make_unique<TestPeer>();
    peer->max_pdu = 100;
    connection.set_attachment(std::move(peer));
    id = connection.id();
  }

  // What comes back, as "command(seq) …", with the code for a TbError.
  std::string converse(std::string_view text) {
    if (!text.empty()) pair.peer.send(text);
    turn();
    std::string answers;
    const std::string raw_answers = pair.peer.receive();
    PduFramer framer;
    framer.feed(
        bytes_of(raw_answers), [] { return size_t{100'000}; },
        [&](const PduHeader& header, std::span<const std::byte> body) {
          answers += describe(header, body) + " ";
          return true;
        });
    EXPECT_FALSE(framer.partial());
    return answers;
  }
  std::string describe(const PduHeader& header, std::span<const std::byte> body) {
    if (header.command_id == kCommandOf<TbGoAway>) {
      TbGoAway notice;
      EXPECT_TRUE(notice.ParseFromArray(body.data(), static_cast<int>(body.size())));
      EXPECT_NE(notice.text(), "");
      return GoAwayReason_Name(notice.reason());
    }
    if (header.command_id != kCommandOf<TbError>) {
      return std::to_string(header.command_id) + "(" + std::to_string(header.seq_num) + ")";
    }
    EXPECT_TRUE(error.ParseFromArray(body.data(), static_cast<int>(body.size())));
    EXPECT_EQ(header.seq_num, error.seq_num());
    EXPECT_EQ(header.service_id, 9);
    return ErrorCode_Name(error.code());
  }

  TestProtocol protocol;
  ConnectionTable table{loop, [](const Connection&, CloseReason) {}};
  Pair pair = connect_pair();
  ConnId id{};
  TbError error;  // the last one
};

TEST_F(PduProtocolTest, an_answer_repeats_the_sequence_number) {
  EXPECT_EQ(converse(login() + time_request(4'711)), "774(4711) ");
  EXPECT_EQ(protocol.calls, "login time ");
}

TEST_F(PduProtocolTest, every_split_point_of_a_conversation_is_answered_the_same) {
  const std::string conversation =
      time_request(1) + time_request(2) + pdu(IM::Other::IMHeartBeat(), 3) + time_request(4);
  converse(login());
  for (size_t split = 1; split < conversation.size(); ++split) {
    std::string answers = converse(conversation.substr(0, split));
    answers += converse(conversation.substr(split));
    ASSERT_EQ(answers, "774(1) 774(2) ERROR_BUSY 774(4) ") << split;
  }
}

TEST_F(PduProtocolTest, a_phase_that_may_not_send_a_command_is_refused) {
  EXPECT_EQ(converse(time_request()), "ERROR_NOT_ALLOWED ");
  EXPECT_EQ(converse(login() + login()), "ERROR_NOT_ALLOWED ");
  EXPECT_EQ(protocol.calls, "login ");
}

TEST_F(PduProtocolTest, an_error_names_the_pdu_that_it_is_about) {
  EXPECT_EQ(converse(raw(0x09, 0x09ff)), "ERROR_UNKNOWN_COMMAND ");
  EXPECT_EQ(error.service_id(), 9U);
  EXPECT_EQ(error.command_id(), 0x09ffU);
  EXPECT_EQ(error.seq_num(), 77U);
  EXPECT_NE(error.text(), "");
  EXPECT_FALSE(error.has_retry_after_ms());
}

TEST_F(PduProtocolTest, a_service_that_does_not_fit_is_unknown) {
  EXPECT_EQ(converse(raw(0x01, 0x0902)), "ERROR_UNKNOWN_COMMAND ");
  EXPECT_EQ(protocol.calls, "");
}

TEST_F(PduProtocolTest, three_faults_close_after_the_third_answer) {
  EXPECT_EQ(converse(raw(0x09, 0x0902)), "ERROR_MALFORMED ");
  EXPECT_EQ(converse(raw(0x03, 0x0399)), "ERROR_UNKNOWN_COMMAND ");
  EXPECT_EQ(protocol.closed, "");
  EXPECT_EQ(converse(time_request() + login()), "ERROR_NOT_ALLOWED GO_AWAY_MALFORMED ");
  EXPECT_EQ(protocol.closed, "malformed ");
  EXPECT_EQ(protocol.calls, "");
  EXPECT_TRUE(pair.peer.ended());
}

TEST_F(PduProtocolTest, a_refusal_that_is_no_fault_never_closes) {
  converse(login());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(converse(pdu(IM::Other::IMHeartBeat())), "ERROR_BUSY ");
  EXPECT_EQ(error.retry_after_ms(), 250U);
  EXPECT_EQ(protocol.closed, "");
}

TEST_F(PduProtocolTest, a_handlers_close_ends_the_handling_of_the_chunk) {
  EXPECT_EQ(converse(login("close") + time_request()), "");
  EXPECT_EQ(protocol.closed, "login_refused ");
  EXPECT_EQ(protocol.calls, "login ");
}

TEST_F(PduProtocolTest, a_bad_length_closes_after_what_came_before_was_answered) {
  EXPECT_EQ(converse(login() + time_request(1) + std::string(16, '\0') + time_request(2)),
            "774(1) GO_AWAY_PROTOCOL_ERROR ");
  EXPECT_EQ(protocol.closed, "protocol_error ");
  EXPECT_TRUE(pair.peer.ended());
}

TEST_F(PduProtocolTest, a_login_raises_the_limit_for_what_follows_in_the_same_chunk) {
  EXPECT_EQ(converse(login() + raw(0x03, 0x0305, "\x0a\x7f" + std::string(127, 'x'))), "774(77) ");
  EXPECT_EQ(protocol.closed, "");
}

TEST_F(PduProtocolTest, before_the_login_the_lower_limit_holds) {
  EXPECT_EQ(converse(raw(0x03, 0x0305, std::string(85, 'x')).substr(0, 16)), "GO_AWAY_PROTOCOL_ERROR ");
  EXPECT_EQ(protocol.closed, "protocol_error ");
}

TEST_F(PduProtocolTest, a_stream_of_pdus_that_is_always_cut_in_the_middle_is_alive) {
  Liveness rule({.pdu_timeout_ms = 30'000});
  table.watch_liveness(rule);
  rule.join(*table.find(id), loop.now());
  converse(login() + time_request().substr(0, 5));
  for (int i = 0; i < 100; ++i) {
    run_for(1'000);
    EXPECT_EQ(converse(time_request().substr(5) + time_request().substr(0, 5)), "774(0) ");
  }
  EXPECT_EQ(protocol.closed, "");
}

TEST_F(PduProtocolTest, a_pdu_that_drips_is_closed_at_its_deadline) {
  Liveness rule({.pdu_timeout_ms = 30'000});
  table.watch_liveness(rule);
  rule.join(*table.find(id), loop.now());
  const std::string slow = login(std::string(60, 'n'));
  for (size_t i = 0; i < 30; ++i) {
    pair.peer.send(slow.substr(i, 1));
    turn();
    EXPECT_EQ(protocol.closed, "");
    run_for(1'000);
  }
  EXPECT_EQ(protocol.closed, "pdu_timeout ");
}

class PduLivenessTest : public PduProtocolTest {
 protected:
  PduLivenessTest() {
    table.watch_liveness(rule);
    rule.join(*table.find(id), loop.now());
    converse(login());
  }
  std::string beat() { return pdu(IM::Other::IMHeartBeat()); }

  Liveness rule{{.silence_timeout_ms = 60'000, .min_ping_interval_ms = 5'000, .max_ping_strikes = 2}};
};

TEST_F(PduLivenessTest, one_heartbeat_too_many_closes_and_says_why) {
  Liveness strict({.min_ping_interval_ms = 5'000, .max_ping_strikes = 2});
  class Echo final : public PduProtocol {
   public:
    const char* role() const override { return "echo"; }
    void on_close(Connection&, CloseReason reason) override { closed = to_string(reason); }
    void on_heartbeat_due(Connection&) override {}
    std::string closed;

   private:
    Verdict on_pdu(Connection& connection, const PduHeader& header, std::span<const std::byte>) override {
      send_pdu(connection, IM::Other::IMHeartBeat(), header.seq_num);
      return Verdict::handled();
    }
  } echo;
  Pair other = connect_pair();
  Connection& connection = table.adopt(other.ours, {"127.0.0.1", 2}, echo);
  connection.set_attachment(std::make_unique<PduPeer>());
  strict.join(connection, loop.now());
  for (int i = 0; i < 3; ++i) other.peer.send(beat());
  turn();
  EXPECT_EQ(echo.closed, "");
  other.peer.send(beat());
  turn();
  EXPECT_EQ(echo.closed, "too_many_pings");
  TbGoAway notice;
  notice.set_reason(GO_AWAY_TOO_MANY_PINGS);
  notice.set_text("heartbeats came too often");
  EXPECT_EQ(other.peer.receive(), beat() + beat() + beat() + pdu(notice));
  EXPECT_TRUE(other.peer.ended());
}

TEST_F(PduLivenessTest, what_refuses_a_heartbeat_does_not_clear_the_strikes) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(converse(beat()), "ERROR_BUSY ");
  EXPECT_EQ(converse(beat()), "GO_AWAY_TOO_MANY_PINGS ");
  EXPECT_EQ(protocol.closed, "too_many_pings ");
}

TEST_F(PduLivenessTest, another_pdu_clears_them) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(converse(beat() + beat() + beat()), "ERROR_BUSY ERROR_BUSY ERROR_BUSY ") << i;
    EXPECT_EQ(converse(time_request()), "774(0) ");
    run_for(6'000);
  }
}

TEST_F(PduLivenessTest, the_silent_are_told_before_they_are_closed) {
  run_for(60'000);
  EXPECT_EQ(protocol.closed, "silent ");
  EXPECT_EQ(converse(""), "GO_AWAY_SILENT ");
}

TEST_F(PduLivenessTest, who_was_asked_to_leave_is_told_only_what_is_new) {
  TbGoAway notice;
  notice.set_reason(GO_AWAY_MAX_AGE);
  notice.set_text("old");
  send_go_away(*table.find(id), notice);
  table.find(id)->close(CloseReason::kMaxAge);
  EXPECT_EQ(converse(""), "GO_AWAY_MAX_AGE ");
  EXPECT_EQ(protocol.closed, "max_age ");
}

TEST_F(PduLivenessTest, who_was_asked_to_leave_and_ends_for_another_reason_is_told_that) {
  TbGoAway notice;
  notice.set_reason(GO_AWAY_DRAIN);
  notice.set_text("stopping");
  send_go_away(*table.find(id), notice);
  run_for(60'000);
  EXPECT_EQ(protocol.closed, "silent ");
  EXPECT_EQ(converse(""), "GO_AWAY_DRAIN GO_AWAY_SILENT ");
}

// It proves nothing that we have told somebody that it is dead.
TEST_F(PduLivenessTest, our_last_words_are_no_sign_of_life) {
  rule.set_policy({.silence_timeout_ms = 60'000, .count_sent_as_activity = true});
  std::vector<LivenessRecord> history;
  Tick silent = 0;
  ConnectionTable other(loop, [&](const Connection& gone, CloseReason) {
    history = gone.history();
    silent = gone.silent_for();
  });
  other.watch_liveness(rule);
  Pair dead = connect_pair();
  Connection& connection = other.adopt(dead.ours, {"127.0.0.1", 3}, protocol);
  connection.set_attachment(std::make_unique<TestPeer>());
  rule.join(connection, loop.now());
  run_for(60'000);
  EXPECT_EQ(silent, 60'000);
  EXPECT_TRUE(history.empty());
  run_for(10'000);
}

TEST_F(PduLivenessTest, a_peer_that_does_not_take_it_is_not_told) {
  protocol.speaks = false;
  run_for(60'000);
  EXPECT_EQ(protocol.closed, "silent ");
  EXPECT_EQ(converse(""), "");
}

TEST_F(PduProtocolTest, an_encoded_pdu_equals_a_sent_one) {
  send_pdu(*table.find(id), IM::Message::IMClientTimeReq(), 9);
  turn();
  EXPECT_EQ(pair.peer.receive(), time_request(9));
}

}  // namespace
}  // namespace talkbeat
