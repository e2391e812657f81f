// What the keepalive rule does with real connections: who is judged when, and what is read before.
#include "tests/unit/connection_fixture.h"

namespace talkbeat {
namespace {

TEST_F(ConnectionTest, a_handshake_that_begins_later_but_is_due_earlier_is_closed_in_time) {
  Liveness clients({.silence_timeout_ms = 60'000, .handshake_timeout_ms = 15'000});
  table.watch_liveness(clients);
  Pair old = connect_pair();
  clients.join(open(old), loop.now());
  clients.handshake_done(*table.find(ConnId{1 << 24}), 0);
  run_for(5'000);
  Pair fresh = connect_pair();
  clients.join(open(fresh), loop.now());
  run_for(14'999);
  EXPECT_EQ(observed, Reasons{});
  run_for(1);
  EXPECT_EQ(observed, Reasons{"handshake_timeout"});
  run_for(40'000);
  EXPECT_EQ(observed, (Reasons{"handshake_timeout", "silent"}));
}

TEST_F(ConnectionTest, a_stalled_server_closes_nobody_who_kept_sending) {
  Liveness clients({.silence_timeout_ms = 60'000});
  table.watch_liveness(clients);
  Pair beating = connect_pair();
  Pair silent = connect_pair();
  clients.join(open(beating), loop.now());
  clients.join(open(silent), loop.now());
  run_for(20'000);
  clock.advance(70'000);  // stopped; meanwhile one of them sends
  beating.peer.send("beat");
  run_for(39'999);
  EXPECT_EQ(observed, Reasons{});
  run_for(1);  // 60 s of silence that was not our own
  EXPECT_EQ(observed, Reasons{"silent"});
  run_for(19'998);
  EXPECT_EQ(observed, Reasons{"silent"});
  run_for(2);
  EXPECT_EQ(observed, (Reasons{"silent", "silent"}));
}

// A server that is starved rather than stopped: no turn is late enough to count as a stall, yet bytes wait unread.
TEST_F(ConnectionTest, what_waits_in_the_socket_is_read_before_its_silence_is_judged) {
  Liveness clients({.silence_timeout_ms = 60'000});
  table.watch_liveness(clients);
  Pair pair = connect_pair();
  Timer in_the_last_moment(loop.timers(), [&pair] { pair.peer.send("here"); });
  in_the_last_moment.start_once(60'000);
  Connection& connection = open(pair);
  clients.join(connection, loop.now());
  run_for(60'000);
  EXPECT_EQ(observed, Reasons{});
  EXPECT_EQ(protocol.received, "here");
  ASSERT_EQ(connection.history().size(), 1u);
  EXPECT_EQ(connection.history()[0].event, LivenessEvent::kSpared);
  EXPECT_EQ(connection.history()[0].value, 60'000u);
  run_for(60'000);
  EXPECT_EQ(observed, Reasons{"silent"});
}

TEST_F(ConnectionTest, what_a_dead_peer_has_not_heard_is_forgotten) {
  Liveness clients({.silence_timeout_ms = 60'000});
  table.watch_liveness(clients);
  Pair dead = connect_pair();
  Pair leaving = connect_pair();
  clients.join(open(dead), loop.now());
  open(leaving).close(CloseReason::kLoggedOut);
  run_for(60'000);
  EXPECT_EQ(observed, (Reasons{"logged_out", "silent"}));
  EXPECT_EQ(transport.abandoned, 0) << "it may hear the last words yet";
  run_for(ConnectionTable::kLingerMs + 500);
  EXPECT_EQ(transport.abandoned, 1);
  EXPECT_TRUE(all_gone());
}

TEST_F(ConnectionTest, our_own_stall_is_not_the_slowness_of_a_reader) {
  Pair pair = connect_pair(4'096);
  Connection& connection = open(pair);
  connection.set_out_limits({.soft = 1'000, .soft_ms = 10'000, .hard = 64 << 20});
  fill(connection, 1 << 20);
  run_for(1'000);
  clock.advance(60'000);
  run_for(1'000);
  EXPECT_EQ(observed, Reasons{});
  run_for(9'000);
  EXPECT_EQ(observed, Reasons{"slow_consumer"});
}

TEST_F(ConnectionTest, who_is_not_read_is_not_silent) {
  Liveness clients({.silence_timeout_ms = 60'000});
  table.watch_liveness(clients);
  Pair pair = connect_pair();
  Connection& connection = open(pair);
  clients.join(connection, loop.now());
  connection.pause_reading(true);
  run_for(200'000);
  EXPECT_EQ(observed, Reasons{});
}

TEST_F(ConnectionTest, a_heartbeat_leaves_where_nothing_was_sent) {
  Liveness links({.heartbeat_interval_ms = 5'000});
  table.watch_liveness(links);
  Pair pair = connect_pair();
  Connection& connection = open(pair);
  links.join(connection, loop.now());
  run_for(3'000);
  connection.send(bytes_of("data"));
  run_for(4'999);
  EXPECT_EQ(pair.peer.receive(), "data");
  run_for(5'001);
  EXPECT_EQ(pair.peer.receive(), "beatbeat");
}

}  // namespace
}  // namespace talkbeat
