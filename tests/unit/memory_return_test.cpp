#include "base/memory_return.h"

#include "tests/unit/loop_fixture.h"

namespace talkbeat {
namespace {

constexpr double kMiB = 1 << 20;

class MemoryReturnTest : public LoopTest {
 protected:
  void next_look(double bytes) {
    size = bytes;
    run_for(MemoryReturn::kEveryMs);
  }

  double size = 20 * kMiB;
  double kept = 0;  // what cannot be given back
  int given_back = 0;
  MemoryReturn memory_return{loop, [this] { return size; },
                             [this] {
                               ++given_back;
                               size = kept;
                             }};
};

TEST_F(MemoryReturnTest, what_a_flood_has_left_is_given_back_when_it_is_over) {
  kept = 20 * kMiB;
  next_look(60 * kMiB);
  EXPECT_EQ(given_back, 0) << "it may still be growing";
  next_look(60 * kMiB);
  EXPECT_EQ(given_back, 1);
  next_look(20 * kMiB);
  EXPECT_EQ(given_back, 1);
}

TEST_F(MemoryReturnTest, what_is_needed_is_asked_for_once) {
  kept = 60 * kMiB;
  for (int i = 0; i < 10; ++i) next_look(60 * kMiB);
  EXPECT_EQ(given_back, 1);
  for (int i = 0; i < 10; ++i) next_look(67 * kMiB);
  EXPECT_EQ(given_back, 1) << "less than an eighth more";
  kept = 80 * kMiB;
  for (int i = 0; i < 10; ++i) next_look(80 * kMiB);
  EXPECT_EQ(given_back, 2);
}

TEST_F(MemoryReturnTest, a_process_that_grows_is_left_alone) {
  for (int i = 0; i < 20; ++i) next_look((20 + 10 * i) * kMiB);
  EXPECT_EQ(given_back, 0);
}

TEST_F(MemoryReturnTest, after_it_has_shrunk_by_itself_the_next_flood_counts_from_there) {
  kept = 60 * kMiB;
  next_look(60 * kMiB);
  next_look(60 * kMiB);
  EXPECT_EQ(given_back, 1);
  for (int i = 0; i < MemoryReturn::kLooksBetween; ++i) next_look(20 * kMiB);
  kept = 20 * kMiB;
  next_look(40 * kMiB);
  next_look(40 * kMiB);
  EXPECT_EQ(given_back, 2);
}

TEST_F(MemoryReturnTest, of_a_size_that_goes_up_and_down_only_some_of_the_downs_are_used) {
  for (int i = 0; i < 60; ++i) {
    kept = 100 * kMiB;
    next_look((i % 2 == 0 ? 150 : 140) * kMiB);
  }
  EXPECT_LE(given_back, 60 / MemoryReturn::kLooksBetween);
}

TEST_F(MemoryReturnTest, an_unknown_size_is_no_size) {
  kept = 20 * kMiB;
  next_look(0);
  next_look(20 * kMiB);
  next_look(20 * kMiB);
  EXPECT_EQ(given_back, 0);
}

// A real flood of small blocks, with a survivor at the end of the heap.
TEST(MemoryReturnOfThisProcess, is_harmless) {
  FakeClock clock;
  FakeTransport transport(clock);
  EventLoop loop(clock, transport);
  const MemoryReturn memory_return(loop);
  const std::string survivor(100, 's');
  for (int i = 0; i < 3; ++i) {
    const std::vector<std::string> flood(1'000, std::string(10'000, 'f'));
    loop.turn(MemoryReturn::kEveryMs);
    loop.turn(0);
  }
  EXPECT_EQ(survivor, std::string(100, 's'));
}

}  // namespace
}  // namespace talkbeat
