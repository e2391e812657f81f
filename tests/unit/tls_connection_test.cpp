// Connections with TLS between them and their sockets.
#include <gmock/gmock.h>

#include <deque>

#include "tests/unit/tls_connection_fixture.h"

namespace talkbeat {
namespace {

using testing::Each;

TEST_F(TlsConnectionTest, what_is_sent_arrives_both_ways_in_both_versions) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    protocol.received.clear();
    Caller caller = call(version);
    ASSERT_TRUE(connect(caller));
    caller.tls.say("hello");
    caller.exchange();
    EXPECT_TRUE(turn_until([this] { return protocol.received == "hello"; }));
    server().send(bytes_of("small"));
    server().send_in_place(3)[0] = std::byte{'a'};
    SharedBytes shared(5'000);
    std::ranges::fill(shared.bytes(), std::byte{'s'});
    server().send(shared);
    std::string all = "small" + std::string("a\0\0", 3) + std::string(5'000, 's');
    EXPECT_TRUE(hears(caller, all));
  }
}

TEST_F(TlsConnectionTest, what_is_sent_before_the_handshake_waits_for_it) {
  Caller caller = call();
  server().send(bytes_of("welcome"));
  run_for(100);
  EXPECT_EQ(caller.peer.receive(), "");
  EXPECT_LT(transport.waits, 50) << "a socket that is writable is no reason to turn";
  EXPECT_TRUE(hears(caller, "welcome"));
}

TEST_F(TlsConnectionTest, what_one_turn_sends_is_one_record) {
  Caller caller = call();
  ASSERT_TRUE(connect(caller));
  turn();
  for (int i = 0; i < 10; ++i) server().send(bytes_of("0123456789"));
  turn();
  const std::string bytes = caller.peer.receive();
  EXPECT_LT(bytes.size(), 100u + 40u);
  caller.tls.take(bytes);
  EXPECT_EQ(caller.tls.received.size(), 100u);
}

TEST_F(TlsConnectionTest, a_network_that_takes_one_byte_at_a_time_loses_none) {
  transport.max_write = transport.max_read = 1;
  Caller caller = call();
  ASSERT_TRUE(connect(caller));
  caller.tls.say("hello");
  server().send(bytes_of(std::string(20'000, 'x')));
  EXPECT_TRUE(turn_until([&] {
    caller.exchange();
    return caller.tls.received.size() == 20'000 && protocol.received == "hello";
  }));
}

TEST_F(TlsConnectionTest, a_megabyte_goes_through_a_peer_that_reads_late) {
  Caller caller = call();
  ASSERT_TRUE(connect(caller));
  server().set_out_limits({.soft = 4 << 20, .soft_ms = 60'000, .hard = 8 << 20});
  const std::string block(64 * 1024, 'x');
  for (int i = 0; i < 64; ++i) server().send(bytes_of(block));
  turn();
  EXPECT_GT(server().waiting_to_send(), 0u);
  EXPECT_TRUE(turn_until([&] {
    caller.exchange();
    return caller.tls.received.size() == 64 * block.size();
  }));
  EXPECT_TRUE(observed.empty());
}

TEST_F(TlsConnectionTest, a_peer_that_does_not_read_is_closed_at_the_hard_limit) {
  Caller caller = call();
  ASSERT_TRUE(connect(caller));
  server().set_out_limits({.soft = 64 << 10, .soft_ms = 60'000, .hard = 256 << 10});
  const std::string block(64 * 1024, 'x');
  for (int i = 0; i < 1'000 && table.find(server_) != nullptr; ++i) {
    server().send(bytes_of(block));
    turn();
  }
  EXPECT_EQ(observed, Reasons{"slow_consumer"});
}

TEST_F(TlsConnectionTest, last_words_come_before_the_goodbye) {
  Caller caller = call();
  ASSERT_TRUE(connect(caller));
  server().send(bytes_of(std::string(100'000, 'x')));
  server().close(CloseReason::kKicked);
  EXPECT_TRUE(turn_until([&] {
    caller.exchange();
    return caller.tls.heard_goodbye() && caller.peer.ended();
  }));
  EXPECT_EQ(caller.tls.received.size(), 100'000u);
  caller.peer.close();
  EXPECT_TRUE(all_gone());
}

TEST_F(TlsConnectionTest, an_end_with_a_goodbye_is_peer_closed_and_one_without_is_truncated) {
  Caller polite = call();
  ASSERT_TRUE(connect(polite));
  polite.tls.say("last words");
  polite.tls.say_goodbye();
  polite.exchange();
  EXPECT_TRUE(turn_until([this] { return !observed.empty(); }));
  EXPECT_EQ(protocol.received, "last words");

  Caller rude = call();
  ASSERT_TRUE(connect(rude));
  rude.peer.finish_sending();
  EXPECT_TRUE(turn_until([this] { return observed.size() == 2; }));

  Caller scanner = call();
  scanner.peer.close();
  EXPECT_TRUE(turn_until([this] { return observed.size() == 3; }));
  EXPECT_EQ(observed, (Reasons{"peer_closed", "tls_truncated", "peer_closed"}));
}

TEST_F(TlsConnectionTest, what_is_no_tls_is_closed_at_once) {
  Caller caller = call();
  caller.peer.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(turn_until([this] { return !observed.empty(); }));
  EXPECT_EQ(observed, Reasons{"tls_failed"});
  EXPECT_EQ(protocol.received, "");
  EXPECT_TRUE(turn_until([&] {
    caller.peer.receive();
    return caller.peer.ended();
  }));
}

TEST_F(TlsConnectionTest, a_record_that_was_changed_closes_it) {
  Caller caller = call();
  ASSERT_TRUE(connect(caller));
  turn();
  caller.tls.say("pay bob 1");
  std::string bytes = caller.tls.said();
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  caller.peer.send(bytes);
  EXPECT_TRUE(turn_until([this] { return !observed.empty(); }));
  EXPECT_EQ(observed, Reasons{"tls_failed"});
  EXPECT_EQ(protocol.received, "");
}

TEST_F(TlsConnectionTest, a_handshake_that_does_not_finish_is_closed_in_time_wherever_it_stops) {
  Liveness clients({.silence_timeout_ms = 60'000, .handshake_timeout_ms = 15'000});
  table.watch_liveness(clients);
  Caller silent = call();
  clients.join(server(), loop.now());
  Caller half = call();
  clients.join(server(), loop.now());
  const std::string hello = half.tls.said();
  half.peer.send(hello.substr(0, hello.size() / 2));
  Caller unfinished = call();
  clients.join(server(), loop.now());
  unfinished.peer.send(unfinished.tls.said());
  Caller dripping = call();
  clients.join(server(), loop.now());
  const std::string drops = dripping.tls.said();
  for (size_t i = 0; i < 14; ++i) {
    dripping.peer.send(drops.substr(i, 1));
    run_for(1'000);
  }
  EXPECT_TRUE(observed.empty());
  run_for(1'100);
  EXPECT_EQ(observed.size(), 4u);
  EXPECT_THAT(observed, Each("handshake_timeout"));
}

TEST_F(TlsConnectionTest, a_record_that_drips_is_no_sign_of_life) {
  Liveness clients({.silence_timeout_ms = 60'000});
  table.watch_liveness(clients);
  Caller caller = call();
  ASSERT_TRUE(connect(caller));
  turn();
  clients.join(server(), loop.now());
  caller.tls.say(std::string(1'000, 'x'));
  const std::string record = caller.tls.said();
  for (size_t i = 0; i < 59; ++i) {
    caller.peer.send(record.substr(i, 1));
    run_for(1'000);
  }
  EXPECT_TRUE(observed.empty());
  run_for(1'500);
  EXPECT_EQ(observed, Reasons{"silent"});
}

TEST_F(TlsConnectionTest, reading_can_be_paused_and_nothing_is_lost) {
  Caller caller = call();
  ASSERT_TRUE(connect(caller));
  turn();
  server().pause_reading(true);
  caller.tls.say("hello");
  caller.exchange();
  run_for(100);
  EXPECT_EQ(protocol.received, "");
  server().pause_reading(false);
  EXPECT_TRUE(turn_until([this] { return protocol.received == "hello"; }));
}

TEST_F(TlsConnectionTest, of_a_flood_so_many_a_turn_and_all_in_the_end) {
  table.set_handshake_limits({.per_turn = 2, .rate = 1'000, .waiting = 200});  // 20 of one address
  std::deque<Caller> callers;
  for (int i = 0; i < 20; ++i) {
    callers.push_back(call());
    callers.back().peer.send(callers.back().tls.said());
  }
  Pair plain = connect_pair();
  open(plain);
  uint64_t begun = 0;
  while (table.handshakes().begun() < 20) {
    protocol.received.clear();
    plain.peer.send("x");
    clock.advance(1);
    turn();
    EXPECT_EQ(protocol.received, "x") << "others are served in each turn";
    ASSERT_LE(table.handshakes().begun(), begun + 2);
    ASSERT_GT(table.handshakes().begun(), begun) << "the loop does not wait";
    begun = table.handshakes().begun();
  }
  for (Caller& caller : callers) {
    EXPECT_TRUE(turn_until([&] {
      caller.exchange();
      return caller.tls.open();
    }));
  }
  EXPECT_TRUE(observed.empty());
}

TEST_F(TlsConnectionTest, a_rate_that_is_used_up_costs_no_turns) {
  table.set_handshake_limits({.per_turn = 10, .rate = 10, .waiting = 100});
  std::deque<Caller> callers;
  for (int i = 0; i < 15; ++i) {
    callers.push_back(call());
    callers.back().peer.send(callers.back().tls.said());
  }
  turn();
  turn();
  EXPECT_EQ(table.handshakes().begun(), 10u);
  const int waits = transport.waits;
  run_for(1'000);
  EXPECT_EQ(table.handshakes().begun(), 15u);
  EXPECT_LT(transport.waits - waits, 30);
}

TEST_F(TlsConnectionTest, the_line_of_handshakes_has_an_end_and_who_leaves_it_takes_no_place) {
  table.set_handshake_limits({.per_turn = 1, .rate = 1, .waiting = 2});
  std::deque<Caller> callers;
  for (int i = 0; i < 4; ++i) {
    callers.push_back(call());
    callers.back().peer.send(callers.back().tls.said());
    turn();
  }
  EXPECT_EQ(observed, Reasons{"too_many_connections"});
  EXPECT_EQ(table.handshakes().waiting(), 2u);
  run_for(1);
  callers[1].peer.reset();
  EXPECT_TRUE(turn_until([this] { return observed.size() == 2; })) << "one that waits unread is missed all the same";
  EXPECT_EQ(observed.back(), "peer_reset");
  run_for(1'000);
  EXPECT_EQ(table.handshakes().begun(), 2u) << "the next one's turn, not that of the one that has gone";
  EXPECT_EQ(table.handshakes().waiting(), 0u);
}

TEST_F(TlsConnectionTest, who_waits_for_its_handshake_may_be_paused_besides_and_stays_so) {
  table.set_handshake_limits({.per_turn = 1, .rate = 1, .waiting = 100});
  Caller first = call();
  ASSERT_TRUE(connect(first));
  Caller second = call();
  second.exchange();
  EXPECT_TRUE(turn_until([this] { return table.handshakes().waiting() == 1; }));
  server().pause_reading(true);
  run_for(1'100);
  EXPECT_EQ(table.handshakes().waiting(), 0u);
  second.exchange();  // TLS 1.3: its last word and what it has to say come together
  ASSERT_TRUE(second.tls.open());
  second.tls.say("hello");
  second.exchange();
  run_for(100);
  EXPECT_EQ(protocol.received, "");
  server().pause_reading(false);
  EXPECT_TRUE(turn_until([this] { return protocol.received == "hello"; }));
}

TEST_F(TlsConnectionTest, who_is_closed_before_its_handshake_hears_a_goodbye) {
  table.set_handshake_limits({.per_turn = 1, .rate = 1, .waiting = 100});
  Caller first = call();
  ASSERT_TRUE(connect(first));
  for (const bool in_line : {false, true}) {
    Caller caller = call();
    const std::string hello = caller.tls.said();
    caller.peer.send(in_line ? hello : hello.substr(0, 20));
    EXPECT_TRUE(turn_until([&] { return table.handshakes().waiting() == (in_line ? 1u : 0u); }));
    turn();
    server().send(bytes_of("this cannot be said"));
    server().close(CloseReason::kDrained);
    EXPECT_TRUE(turn_until([&] {
      caller.tls.take(caller.peer.receive());
      return caller.peer.ended();
    }));
    EXPECT_TRUE(caller.tls.heard_goodbye());
    EXPECT_EQ(caller.tls.error, "");
  }
}

TEST_F(TlsConnectionTest, a_client_of_ours_talks_to_a_server_of_ours) {
  const SocketHandle listener = transport.listen({"127.0.0.1", 0}, {}).value();
  const SocketHandle dialed = transport.connect(transport.local_address(listener), {}).value();
  const SocketHandle accepted = transport.accept(listener, {}).socket;
  ASSERT_NE(accepted, kNoSocket);
  const TlsContext trusting = std::move(TlsContext::client({.ca = files_->certificate()}).value());
  RecordingProtocol at_client;
  ConnectionTable clients(loop, [](const Connection&, CloseReason) {});
  Connection& client = clients.adopt(dialed, {"127.0.0.1", 1}, at_client, trusting.connect("localhost"));
  const ConnId id = table.adopt(accepted, {"127.0.0.1", 1}, protocol, context_.accept()).id();
  client.send(bytes_of("login"));
  EXPECT_TRUE(turn_until([this] { return protocol.received == "login"; }));
  table.find(id)->send(bytes_of("welcome"));
  EXPECT_TRUE(turn_until([&] { return at_client.received == "welcome"; }));
  client.close(CloseReason::kLoggedOut);
  EXPECT_TRUE(turn_until([this] { return !observed.empty(); }));
  EXPECT_EQ(observed, Reasons{"peer_closed"});
  EXPECT_TRUE(turn_until([&] { return clients.size() == 0 && table.size() == 0; }));
  transport.close(listener);
}

}  // namespace
}  // namespace talkbeat
