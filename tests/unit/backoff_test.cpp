#include "base/backoff.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

TEST(Backoff, each_delay_is_a_share_of_a_doubling_ceiling) {
  SeededRng rng(5);
  for (int run = 0; run < 200; ++run) {
    Backoff backoff({.first_ms = 500, .max_ms = 15'000});
    for (const Tick ceiling : {500, 1'000, 2'000, 4'000, 8'000, 15'000, 15'000}) {
      const Tick delay = backoff.next_delay(rng);
      EXPECT_GE(delay, 0);
      EXPECT_LE(delay, ceiling);
    }
  }
}

TEST(Backoff, the_jitter_is_full) {
  SeededRng rng(6);
  std::array<int, 10> tenths{};
  for (int run = 0; run < 10'000; ++run) {
    Backoff backoff({.first_ms = 999, .max_ms = 15'000});
    ++tenths[static_cast<size_t>(backoff.next_delay(rng) / 100)];
  }
  for (const int count : tenths) EXPECT_NEAR(count, 1'000, 150);
}

TEST(Backoff, many_failures_stay_at_the_maximum) {
  SeededRng rng(7);
  Backoff backoff({.first_ms = 3'600'000, .max_ms = 86'400'000});
  Tick longest = 0;
  for (int i = 0; i < 1'000; ++i) longest = std::max(longest, backoff.next_delay(rng));
  EXPECT_LE(longest, 86'400'000);
  EXPECT_GT(longest, 80'000'000);
  EXPECT_EQ(backoff.failures(), 1'000);
}

TEST(Backoff, a_reset_begins_anew) {
  SeededRng rng(8);
  Backoff backoff({.first_ms = 10, .max_ms = 1'000'000});
  for (int i = 0; i < 20; ++i) backoff.next_delay(rng);
  backoff.reset();
  EXPECT_EQ(backoff.failures(), 0);
  EXPECT_LE(backoff.next_delay(rng), 10);
}

}  // namespace
}  // namespace talkbeat
