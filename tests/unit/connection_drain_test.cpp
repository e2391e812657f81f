// Protocol::on_drained: the moment to send the next piece of something large.
#include "tests/unit/connection_fixture.h"

namespace talkbeat {
namespace {

/// Sends so many pieces, each when the one before has left.
class PieceProtocol final : public Protocol {
 public:
  const char* role() const override { return "test"; }
  void on_bytes(Connection& /*connection*/, std::span<const std::byte> /*bytes*/) override {}
  void on_close(Connection& /*connection*/, CloseReason /*reason*/) override {}
  void on_heartbeat_due(Connection& /*connection*/) override {}
  void on_drained(Connection& connection) override {
    EXPECT_FALSE(connection.closing());
    EXPECT_EQ(connection.waiting_to_send(), 0U);
    ++drained;
    if (pieces == 0) return;
    --pieces;
    connection.send(bytes_of(piece));
  }

  std::string piece = "piece";
  int pieces = 0;
  int drained = 0;
};

class ConnectionDrainTest : public ConnectionTest {
 protected:
  Connection& open_pieces(Pair& pair) { return table.adopt(pair.ours, {"127.0.0.1", 1}, pieces); }

  PieceProtocol pieces;
};

TEST_F(ConnectionDrainTest, is_told_once_what_was_sent_has_left) {
  Pair pair = connect_pair();
  Connection& connection = open_pieces(pair);
  connection.send(bytes_of("a"));
  connection.send(bytes_of("b"));
  EXPECT_EQ(pieces.drained, 0);
  turn();
  EXPECT_EQ(pieces.drained, 1);
  turn();
  EXPECT_EQ(pieces.drained, 1);
}

TEST_F(ConnectionDrainTest, is_not_told_while_bytes_wait) {
  Pair pair = connect_pair();
  Connection& connection = open_pieces(pair);
  transport.writes_block = true;
  connection.send(bytes_of("waits"));
  for (int i = 0; i < 5; ++i) turn();
  EXPECT_EQ(pieces.drained, 0);
  transport.writes_block = false;
  EXPECT_TRUE(turn_until([&] { return pieces.drained == 1; }));
}

TEST_F(ConnectionDrainTest, each_piece_follows_the_one_before) {
  Pair pair = connect_pair();
  Connection& connection = open_pieces(pair);
  pieces.pieces = 1'000;
  connection.send(bytes_of("first "));
  std::string wanted = "first ";
  for (int i = 0; i < 1'000; ++i) wanted += pieces.piece;
  EXPECT_TRUE(has_all(pair.peer, wanted));
  EXPECT_TRUE(turn_until([&] { return pieces.drained == 1'001; }));
}

TEST_F(ConnectionDrainTest, a_peer_that_reads_as_fast_as_we_send_does_not_keep_the_turn_from_ending) {
  Pair pair = connect_pair();
  Connection& connection = open_pieces(pair);
  pieces.pieces = 1'000;
  connection.send(bytes_of("first"));
  for (int i = 1; i <= 10; ++i) {
    turn();
    EXPECT_LE(pieces.drained, 2 * i);
    EXPECT_GE(pieces.drained, i);
  }
}

TEST_F(ConnectionDrainTest, a_slow_reader_holds_one_piece_at_most) {
  Pair pair = connect_pair(4'096);
  Connection& connection = open_pieces(pair);
  pieces.piece = std::string(100'000, 'x');
  pieces.pieces = 100;
  connection.send(bytes_of("x"));
  size_t most = 0;
  size_t received = 0;
  EXPECT_TRUE(turn_until([&] {
    most = std::max(most, connection.waiting_to_send());
    received += pair.peer.receive().size();
    return received == 10'000'001;
  }));
  EXPECT_LE(most, pieces.piece.size());
}

TEST_F(ConnectionDrainTest, is_not_told_of_a_closing_connection) {
  Pair pair = connect_pair();
  Connection& connection = open_pieces(pair);
  connection.send(bytes_of("last"));
  connection.close(CloseReason::kKicked);
  pair.peer.close();
  EXPECT_TRUE(all_gone());
  EXPECT_EQ(pieces.drained, 0);
}

// A protocol that sends within send() would mix its bytes into those of whoever is sending.
TEST_F(ConnectionDrainTest, is_never_told_inside_of_send) {
  Pair pair = connect_pair();
  Connection& connection = open_pieces(pair);
  connection.set_out_limits({.soft = 1 << 20, .soft_ms = 10'000, .hard = 10});
  connection.send(bytes_of(std::string(100, 'a')));
  connection.send(bytes_of("b"));  // flushes what is over the limit
  EXPECT_EQ(pieces.drained, 0);
  turn();
  EXPECT_EQ(pieces.drained, 1);
}

}  // namespace
}  // namespace talkbeat
