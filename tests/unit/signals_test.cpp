#include "base/signals.h"

#include "tests/unit/loop_fixture.h"

namespace talkbeat {
namespace {

class SignalsTest : public LoopTest {
 protected:
  std::vector<int> seen;
  Signals signals{loop, {SIGUSR1, SIGUSR2}, [this](int number) { seen.push_back(number); }};
};

TEST_F(SignalsTest, ASignalBecomesACallOnTheLoop) {
  ASSERT_EQ(::raise(SIGUSR1), 0);
  EXPECT_TRUE(seen.empty());
  EXPECT_TRUE(turn_until([&] { return !seen.empty(); }));
  EXPECT_EQ(seen, std::vector<int>{SIGUSR1});
}

TEST_F(SignalsTest, SeveralSignalsInOneTurnAreAllSeen) {
  ASSERT_EQ(::raise(SIGUSR2), 0);
  ASSERT_EQ(::raise(SIGUSR1), 0);
  ASSERT_EQ(::raise(SIGUSR1), 0);  // the system keeps one of a kind
  EXPECT_TRUE(turn_until([&] { return seen.size() >= 2; }));
  turn();
  std::ranges::sort(seen);
  EXPECT_EQ(seen, (std::vector<int>{SIGUSR1, SIGUSR2}));
}

TEST_F(SignalsTest, WritingToAClosedPeerDoesNotEndTheProcess) {
  Pair pair = connect_pair();
  pair.peer.reset();
  const std::byte byte{};
  EXPECT_LT(::write(pair.ours, &byte, 1), 0);
  EXPECT_LT(::write(pair.ours, &byte, 1), 0);
  transport.close(pair.ours);
}

TEST(SignalsLife, ItMayEndAndBeginAgain) {
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
