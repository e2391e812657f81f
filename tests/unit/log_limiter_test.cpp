#include "base/log_limiter.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

TEST(LogLimiter, DropsWhatIsOverTheLimitUntilTheSecondIsOver) {
  LogLimiter limiter(2);
  EXPECT_TRUE(limiter.allow(100));
  EXPECT_TRUE(limiter.allow(100));
  EXPECT_FALSE(limiter.allow(500));
  EXPECT_FALSE(limiter.allow(1099));
  EXPECT_TRUE(limiter.allow(1100));
}

TEST(LogLimiter, TellsOnceHowManyWereDropped) {
  LogLimiter limiter(1);
  limiter.allow(0);
  EXPECT_EQ(limiter.take_dropped(0), 0u);
  limiter.allow(0);
  limiter.allow(1);
  EXPECT_EQ(limiter.take_dropped(999), 0u);
  EXPECT_EQ(limiter.take_dropped(1000), 2u);
  EXPECT_EQ(limiter.take_dropped(1000), 0u);
}

TEST(LogLimiter, TheLimitChangesWhileItRuns) {
  LogLimiter limiter(1);
  EXPECT_TRUE(limiter.allow(0));
  EXPECT_FALSE(limiter.allow(0));
  limiter.set_max_per_second(3);
  EXPECT_TRUE(limiter.allow(0));
}

}  // namespace
}  // namespace talkbeat
