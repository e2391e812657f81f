#include "base/token_bucket.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace talkbeat {
namespace {

int take_all(TokenBucket& bucket, Tick now) {
  int taken = 0;
  while (taken < 1'000'000 && bucket.take(now)) ++taken;
  return taken;
}

TEST(TokenBucket, lets_a_burst_pass_and_then_the_rate_exactly) {
  TokenBucket bucket(100, 1'000, 0);
  EXPECT_EQ(take_all(bucket, 0), 1'000);
  EXPECT_EQ(bucket.wait_ms(), 10);
  EXPECT_FALSE(bucket.take(9));
  EXPECT_EQ(bucket.wait_ms(), 1);
  EXPECT_TRUE(bucket.take(10));
  EXPECT_EQ(take_all(bucket, 1'010), 100);
}

TEST(TokenBucket, loses_nothing_however_often_it_is_asked) {
  for (const int64_t rate : {1, 3, 7, 100, 333, 999, 1'000, 12'345}) {
    TokenBucket bucket(rate, 20, 0);
    int64_t taken = take_all(bucket, 0);
    for (Tick now = 1; now <= 10'000; ++now) taken += take_all(bucket, now);
    EXPECT_EQ(taken, 20 + rate * 10) << rate;
  }
}

TEST(TokenBucket, the_wait_is_exact) {
  for (const int64_t rate : {1, 3, 7, 100, 333, 1'000, 5'000}) {
    TokenBucket bucket(rate, 1, 0);
    Tick now = 0;
    for (int i = 0; i < 50; ++i) {
      ASSERT_TRUE(bucket.take(now)) << rate;
      const Tick wait = bucket.wait_ms();
      TokenBucket early = bucket;
      EXPECT_FALSE(early.take(now + wait - 1)) << rate;
      now += wait;
    }
  }
}

TEST(TokenBucket, fills_up_to_its_burst_and_no_further) {
  TokenBucket bucket(100, 5, 0);
  take_all(bucket, 0);
  EXPECT_EQ(take_all(bucket, 1'000'000), 5);
}

TEST(TokenBucket, a_long_time_does_not_overflow) {
  TokenBucket bucket(INT32_MAX, 1'000'000, 0);
  take_all(bucket, 0);
  EXPECT_EQ(take_all(bucket, INT64_MAX / 2), 1'000'000);
  TokenBucket slow(1, 1'000'000'000, 0);
  EXPECT_TRUE(slow.take(INT64_MAX / 2));
}

TEST(TokenBucket, without_a_rate_only_the_burst_passes) {
  TokenBucket bucket(0, 3, 0);
  EXPECT_EQ(take_all(bucket, 0), 3);
  EXPECT_EQ(take_all(bucket, 1'000'000), 0);
  EXPECT_EQ(bucket.wait_ms(), 0);
}

TEST(TokenBucket, new_limits_keep_what_is_there_up_to_the_new_burst) {
  TokenBucket bucket(10, 100, 0);
  bucket.set_limits(1, 3);
  EXPECT_EQ(take_all(bucket, 0), 3);
  EXPECT_EQ(bucket.wait_ms(), 1'000);
  bucket.set_limits(1'000, 50);
  EXPECT_EQ(take_all(bucket, 0), 0);
  EXPECT_EQ(take_all(bucket, 10), 10);
}

}  // namespace
}  // namespace talkbeat
