// What each connection costs in memory: the parts that there are as many of as connections. Together with the
// allocator's share, the directory's buckets and the tables' slots an idle, logged-in connection stays below 768 bytes
// of a msg_server's memory, which tests/bench measures.

#include <gtest/gtest.h>

#include "base/connection.h"
#include "msg_server/client_session.h"

namespace talkbeat {
namespace {

TEST(Footprint, the_parts_of_an_idle_connection_stay_small) {
  EXPECT_LE(sizeof(LivenessNode), 144u);
  EXPECT_LE(sizeof(Connection), 304u);
  EXPECT_LE(sizeof(ClientSession), 184u);
  EXPECT_LE(sizeof(LocalSession), 24u);
}

TEST(Footprint, a_connection_that_beats_needs_no_more_than_its_own_place) {
  Liveness rule({.silence_timeout_ms = 60'000, .min_ping_interval_ms = 5'000});
  struct Node : LivenessNode {
  } node;
  rule.join(node, 0);
  rule.handshake_done(node, 10);
  for (Tick now = 20'000; now < 20'000'000; now += 20'000) {
    rule.received(node, now);
    EXPECT_TRUE(rule.ping(node, now));
    rule.sent(node, now, Traffic::kHeartbeat);
  }
  EXPECT_EQ(rule.history(node, 0).size(), 2u) << "two events fit into the recorder itself";
}

}  // namespace
}  // namespace talkbeat
