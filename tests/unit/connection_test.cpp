#include "base/connection.h"

#include <map>

#include "tests/unit/connection_fixture.h"

namespace talkbeat {
namespace {

struct CountedAttachment final : Attachment {
  explicit CountedAttachment(int& number) : alive(number) { ++alive; }
  ~CountedAttachment() override { --alive; }
  int& alive;
};

TEST_F(ConnectionTest, what_is_sent_in_a_turn_leaves_in_one_write_at_its_end) {
  Pair pair = connect_pair();
  Connection& connection = open(pair);
  for (int i = 0; i < 50; ++i) connection.send(bytes_of("0123456789"));
  EXPECT_EQ(transport.writes, 0);
  turn();
  EXPECT_EQ(transport.writes, 1);
  EXPECT_EQ(pair.peer.receive().size(), 500U);
  turn();
  EXPECT_EQ(transport.writes, 1);
}

TEST_F(ConnectionTest, a_shared_block_reaches_every_receiver_whole) {
  SharedBytes block(5'000);
  std::ranges::fill(block.bytes(), std::byte{'s'});
  std::vector<Pair> pairs;
  for (int i = 0; i < 3; ++i) {
    pairs.push_back(connect_pair());
    Connection& connection = open(pairs.back());
    connection.send(bytes_of("<"));
    connection.send(block);
    connection.send(bytes_of(">"));
  }
  turn();
  EXPECT_EQ(transport.writes, 3);
  for (Pair& pair : pairs) EXPECT_EQ(pair.peer.receive(), "<" + std::string(5'000, 's') + ">");
}

TEST_F(ConnectionTest, short_writes_and_interrupted_ones_lose_no_byte) {
  Pair pair = connect_pair();
  Connection& connection = open(pair);
  std::string text;
  for (int i = 0; i < 300; ++i) text += std::to_string(i) + ",";
  transport.max_write = 7;
  transport.failing_writes = {EINTR, 0, EAGAIN, 0, 0, EINTR, EAGAIN};
  connection.send(bytes_of(text));
  EXPECT_TRUE(has_all(pair.peer, text));
  EXPECT_EQ(connection.waiting_to_send(), 0U);
}

TEST_F(ConnectionTest, short_reads_and_interrupted_ones_lose_no_byte) {
  Pair pair = connect_pair();
  open(pair);
  transport.max_read = 3;
  transport.failing_reads = {EINTR, 0, EAGAIN, 0, EINTR};
  pair.peer.send("all of this arrives");
  EXPECT_TRUE(turn_until([&] { return protocol.received.size() == 19; }));
  EXPECT_EQ(protocol.received, "all of this arrives");
}

TEST_F(ConnectionTest, the_first_reason_to_close_stands) {
  Pair pair = connect_pair();
  Connection& connection = open(pair);
  connection.close(CloseReason::kKicked);
  connection.close(CloseReason::kServerStopping);
  EXPECT_EQ(connection.close_reason(), CloseReason::kKicked);
  pair.peer.close();
  EXPECT_TRUE(all_gone());
  EXPECT_EQ(protocol.closed, Reasons{"kicked"});
  EXPECT_EQ(observed, Reasons{"kicked"});
}

TEST_F(ConnectionTest, a_closed_connection_is_not_found_and_freed_only_at_the_turns_end) {
  Pair pair = connect_pair();
  Connection& connection = open(pair);
  int alive = 0;
  connection.set_attachment(std::make_unique<CountedAttachment>(alive));
  EXPECT_EQ(table.find(connection.id()), &connection);
  protocol.act = [&](Connection& self) {
    self.close(CloseReason::kKicked);
    EXPECT_EQ(table.find(self.id()), nullptr);
    EXPECT_EQ(alive, 1);
  };
  pair.peer.send("x");
  pair.peer.close();
  EXPECT_TRUE(all_gone());
  EXPECT_EQ(alive, 0);
}

TEST_F(ConnectionTest, nothing_is_handled_after_the_close) {
  Pair pair = connect_pair();
  Connection& connection = open(pair);
  connection.close(CloseReason::kKicked);
  pair.peer.send("ignored");
  turn();
  turn();
  EXPECT_EQ(protocol.received, "");
  EXPECT_EQ(pair.peer.receive(), "");
  EXPECT_TRUE(pair.peer.ended());
}

TEST_F(ConnectionTest, a_queued_answer_arrives_before_the_close) {
  Pair pair = connect_pair();
  Connection& connection = open(pair);
  connection.send(bytes_of("because"));
  connection.close(CloseReason::kLoginRefused);
  turn();
  EXPECT_EQ(pair.peer.receive(), "because");
  EXPECT_TRUE(pair.peer.ended());
}

TEST_F(ConnectionTest, an_answer_arrives_although_the_peer_has_sent_more_than_is_read) {
  Pair pair = connect_pair();
  transport.max_read = 10;
  protocol.act = [](Connection& connection) {
    connection.send(bytes_of("because"));
    connection.close(CloseReason::kProtocolError);
  };
  open(pair);
  pair.peer.send(std::string(100'000, 'x'));
  for (int i = 0; i < 10; ++i) turn();
  EXPECT_EQ(pair.peer.receive(), "because");
  EXPECT_TRUE(pair.peer.ended());
  EXPECT_EQ(pair.peer.error(), 0);
  EXPECT_EQ(protocol.received.size(), 10U);
}

TEST_F(ConnectionTest, a_peer_that_never_closes_is_let_go_after_the_linger) {
  Pair pair = connect_pair();
  open(pair).close(CloseReason::kKicked);
  run_for(ConnectionTable::kLingerMs - 1);
  EXPECT_EQ(table.size(), 1U);
  run_for(300);
  EXPECT_EQ(table.size(), 0U);
}

TEST_F(ConnectionTest, the_linger_ends_in_time_although_a_slow_reader_is_watched) {
  Pair slow = connect_pair(4'096);
  fill(open(slow), (1 << 20) + 1);
  Pair pair = connect_pair();
  open(pair).close(CloseReason::kKicked);
  run_for(ConnectionTable::kLingerMs + 300);
  EXPECT_EQ(table.size(), 1U);
}

TEST_F(ConnectionTest, a_half_closed_peer_still_gets_what_was_queued_for_it) {
  Pair pair = connect_pair();
  const std::string answer(300'000, 'a');
  protocol.act = [&](Connection& connection) { connection.send(bytes_of(answer)); };
  pair.peer.send("request");
  pair.peer.finish_sending();
  open(pair);
  EXPECT_TRUE(has_all(pair.peer, answer));
  EXPECT_TRUE(all_gone());
  EXPECT_EQ(observed, Reasons{"peer_closed"});
}

TEST_F(ConnectionTest, a_reset_is_told_from_a_close) {
  Pair pair = connect_pair();
  open(pair).send(bytes_of("never arrives"));
  pair.peer.reset();
  EXPECT_TRUE(all_gone());
  EXPECT_EQ(observed, Reasons{"peer_reset"});
}

TEST_F(ConnectionTest, a_failing_read_or_write_closes_at_once) {
  for (const bool reading : {true, false}) {
    Pair pair = connect_pair();
    Connection& connection = open(pair);
    if (reading) {
      transport.failing_reads = {ECONNRESET};
      pair.peer.send("x");
    } else {
      transport.failing_writes = {EPIPE};
      connection.send(bytes_of("x"));
    }
    turn();
    EXPECT_EQ(table.size(), 0U);
  }
  EXPECT_EQ(observed, (Reasons{"peer_reset", "peer_reset"}));
}

TEST_F(ConnectionTest, past_the_hard_limit_a_slow_reader_is_closed_at_once) {
  Pair pair = connect_pair(4'096);
  Connection& connection = open(pair);
  connection.set_out_limits({.soft = 50'000, .soft_ms = 10'000, .hard = 100'000});
  fill(connection, 100'001);
  EXPECT_LE(connection.waiting_to_send(), 100'000U + 64 * 1024U);
  EXPECT_FALSE(connection.closing());
  connection.send(bytes_of("one more"));
  EXPECT_EQ(observed, Reasons{"slow_consumer"});
  EXPECT_EQ(connection.waiting_to_send(), 0U);
  EXPECT_TRUE(connection.send_in_place(10).empty());
}

TEST_F(ConnectionTest, past_the_soft_limit_a_slow_reader_has_its_time) {
  Pair pair = connect_pair(4'096);
  Connection& connection = open(pair);
  connection.set_out_limits({.soft = 50'000, .soft_ms = 10'000, .hard = 1 << 20});
  fill(connection, 50'001);
  run_for(9'900);
  EXPECT_EQ(observed, Reasons{});
  run_for(500);
  EXPECT_EQ(observed, Reasons{"slow_consumer"});
  run_for(ConnectionTable::kLingerMs + 500);
  EXPECT_EQ(table.size(), 0U);
}

TEST_F(ConnectionTest, a_reader_that_catches_up_is_not_closed) {
  Pair pair = connect_pair(4'096);
  Connection& connection = open(pair);
  connection.set_out_limits({.soft = 50'000, .soft_ms = 10'000, .hard = 1 << 20});
  fill(connection, 50'001);
  run_for(9'000);
  EXPECT_TRUE(turn_until([&] { return (void)pair.peer.receive(), connection.waiting_to_send() == 0; }));
  run_for(20'000);
  EXPECT_EQ(observed, Reasons{});
}

TEST_F(ConnectionTest, ids_are_never_reused) {
  std::map<ConnId, int> seen;
  for (int i = 0; i < 100; ++i) {
    Pair pair = connect_pair();
    const ConnId id = open(pair).id();
    EXPECT_EQ(++seen[id], 1);
    pair.peer.close();
    ASSERT_TRUE(all_gone());
    EXPECT_EQ(table.find(id), nullptr);
  }
  EXPECT_EQ(table.find(ConnId::kNone), nullptr);
}

TEST_F(ConnectionTest, while_paused_the_kernel_keeps_the_bytes) {
  Pair pair = connect_pair();
  Connection& connection = open(pair);
  connection.pause_reading(true);
  pair.peer.send("later");
  turn();
  EXPECT_EQ(transport.reads, 0);
  connection.pause_reading(false);
  turn();
  EXPECT_EQ(protocol.received, "later");
}

TEST_F(ConnectionTest, pausing_holds_for_an_event_that_was_collected_in_the_same_turn) {
  Pair one = connect_pair();
  Pair two = connect_pair();
  std::array<Connection*, 2> both{&open(one), &open(two)};
  protocol.act = [&](Connection& self) { both[self.id() == both[0]->id() ? 1 : 0]->pause_reading(true); };
  one.peer.send("x");
  two.peer.send("x");
  turn();
  EXPECT_EQ(protocol.received, "x");
  protocol.act = nullptr;
  for (Connection* connection : both) connection->pause_reading(false);
  turn();
  EXPECT_EQ(protocol.received, "xx");
}

TEST_F(ConnectionTest, a_reset_while_paused_closes_without_spinning) {
  Pair pair = connect_pair();
  Connection& connection = open(pair);
  connection.pause_reading(true);
  pair.peer.send("unread");
  turn();
  pair.peer.reset();
  EXPECT_TRUE(all_gone());
  EXPECT_LE(transport.reads, 3);
  EXPECT_EQ(protocol.received, "");
  EXPECT_EQ(observed, Reasons{"peer_reset"});
}

TEST_F(ConnectionTest, an_end_while_paused_waits_until_reading_goes_on) {
  Pair pair = connect_pair();
  Connection& connection = open(pair);
  connection.pause_reading(true);
  pair.peer.send("last words");
  pair.peer.close();
  run_for(100);
  EXPECT_LE(transport.waits, 5);
  connection.pause_reading(false);
  EXPECT_TRUE(all_gone());
  EXPECT_EQ(protocol.received, "last words");
  EXPECT_EQ(observed, Reasons{"peer_closed"});
}

TEST_F(ConnectionTest, closing_one_connection_inside_of_anothers_callback_is_safe) {
  Pair one = connect_pair();
  Pair two = connect_pair();
  open(one);
  open(two);
  protocol.act = [&](Connection&) { table.close_all(CloseReason::kServerStopping); };
  one.peer.send("x");
  two.peer.send("x");
  one.peer.close();
  two.peer.close();
  EXPECT_TRUE(all_gone());
  EXPECT_EQ(protocol.received, "x");
  EXPECT_EQ(observed, (Reasons{"server_stopping", "server_stopping"}));
}

}  // namespace
}  // namespace talkbeat
