#include "base/signals.h"

#include "tests/unit/loop_fixture.h"

namespace talkbeat {
namespace {

class SignalsTest : public LoopTest {
 protected:
  std::vector<int> seen;
  Signals signals{loop, {SIGUSR1, SIGUSR2}, [this](int number) { seen.push_back(number); }};
};

TEST_F(SignalsTest, a_signal_becomes_a_call_on_the_loop) {
  ASSERT_EQ(::raise(SIGUSR1), 0);
  EXPECT_TRUE(seen.empty());
  EXPECT_TRUE(turn_until([&] { return !seen.empty(); }));
  EXPECT_EQ(seen, std::vector<int>{SIGUSR1});
}

TEST_F(SignalsTest, several_signals_in_one_turn_are_all_seen) {
  ASSERT_EQ(::raise(SIGUSR2), 0);
  ASSERT_EQ(::raise(SIGUSR1), 0);
  ASSERT_EQ(::raise(SIGUSR1), 0);  // the system keeps one of a kind
  EXPECT_TRUE(turn_until([&] { return seen.size() >= 2; }));
  turn();
  std::ranges::sort(seen);
  EXPECT_EQ(seen, (std::vector<int>{SIGUSR1, SIGUSR2}));
}

TEST_F(SignalsTest, writing_to_a_closed_peer_does_not_end_the_process) {
  Pair pair = connect_pair();
  pair.peer.reset();
  const std::byte byte{};
  EXPECT_LT(::write(pair.ours, &byte, 1), 0);
  EXPECT_LT(::write(pair.ours, &byte, 1), 0);
  transport.close(pair.ours);
}

TEST(SignalsLife, it_may_end_and_begin_again) {
  FakeClock clock;
  FakeTransport transport(clock);
  EventLoop loop(clock, transport);
  for (int round = 1; round <= 2; ++round) {
    int seen = 0;
    Signals signals(loop, {SIGUSR1}, [&](int) { ++seen; });
    ::raise(SIGUSR1);
    loop.turn(0);
    EXPECT_EQ(seen, 1);
  }
}

}  // namespace
}  // namespace talkbeat
