#include "base/log_limiter.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

TEST(LogLimiter, drops_what_is_over_the_limit_until_the_second_is_over) {
  LogLimiter limiter(2);
  EXPECT_TRUE(limiter.allow(100));
  EXPECT_TRUE(limiter.allow(100));
  EXPECT_FALSE(limiter.allow(500));
  EXPECT_FALSE(limiter.allow(1099));
  EXPECT_TRUE(limiter.allow(1100));
}

TEST(LogLimiter, tells_once_how_many_were_dropped) {
  LogLimiter limiter(1);
  limiter.allow(0);
  EXPECT_EQ(limiter.take_dropped(0), 0u);
  limiter.allow(0);
  limiter.allow(1);
  EXPECT_EQ(limiter.take_dropped(999), 0u);
  EXPECT_EQ(limiter.take_dropped(1000), 2u);
  EXPECT_EQ(limiter.take_dropped(1000), 0u);
}

TEST(LogLimiter, the_limit_changes_while_it_runs) {
  LogLimiter limiter(1);
  EXPECT_TRUE(limiter.allow(0));
  EXPECT_FALSE(limiter.allow(0));
  limiter.set_max_per_second(3);
  EXPECT_TRUE(limiter.allow(0));
}

}  // namespace
}  // namespace talkbeat
