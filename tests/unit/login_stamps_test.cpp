#include "msg_server/login_stamps.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

constexpr int64_t kNow = 1'700'000'000'000;

TEST(LoginStamps, a_stamp_begins_with_the_time) {
  LoginStamps stamps;
  EXPECT_EQ(stamps.next(kNow, 5, 0xabcd1234), static_cast<uint64_t>(kNow) << 16 | 0x1234);
}

TEST(LoginStamps, they_grow_within_a_millisecond_whatever_the_random_part) {
  LoginStamps stamps;
  const uint64_t first = stamps.next(kNow, 5, 0xffff);
  const uint64_t second = stamps.next(kNow, 5, 0);
  EXPECT_EQ(second, first + 1);
}

TEST(LoginStamps, they_grow_though_the_wall_clock_goes_back) {
  LoginStamps stamps;
  const uint64_t first = stamps.next(kNow, 5, 0);
  EXPECT_GT(stamps.next(kNow - 3'600'000, 6, 0), first);
}

TEST(LoginStamps, two_servers_behind_a_third_one_still_give_stamps_in_order_of_time) {
  LoginStamps left;
  LoginStamps right;
  const auto ahead = static_cast<uint64_t>(kNow + 10'000) << 16;
  left.heard(ahead, 100);
  right.heard(ahead, 2'000'100);  // its ticks count from elsewhere
  const uint64_t first = left.next(kNow + 50, 150, 0xffff);
  const uint64_t second = right.next(kNow + 60, 2'000'160, 0);
  EXPECT_GT(first, ahead);
  EXPECT_GT(second, first);
}

TEST(LoginStamps, what_nobodys_clock_says_changes_nothing) {
  LoginStamps left;
  LoginStamps right;
  left.heard(UINT64_MAX, 5);
  right.heard(kFirstImpossibleStamp, 86'400'000);
  const uint64_t first = left.next(kNow, 6, 0xffff);
  EXPECT_EQ(first >> 16, static_cast<uint64_t>(kNow));
  EXPECT_GT(left.next(kNow, 6, 0), first);
  EXPECT_EQ(right.next(kNow, 86'400'001, 0) >> 16, static_cast<uint64_t>(kNow));
}

TEST(LoginStamps, they_grow_behind_the_last_one_that_a_clock_can_say) {
  LoginStamps stamps;
  uint64_t last = kFirstImpossibleStamp - 1;
  stamps.heard(last, 5);
  for (Tick now = 5; now < 100; ++now) {
    const uint64_t next = stamps.next(kNow, now, 0xffff);
    ASSERT_GT(next, last) << now;
    last = next;
  }
  EXPECT_GT(LoginStamps::end_of_millisecond(last), last);
}

TEST(LoginStamps, the_end_of_a_millisecond_is_above_all_of_its_stamps) {
  const uint64_t stamp = LoginStamps().next(kNow, 5, 0x1234);
  EXPECT_EQ(LoginStamps::end_of_millisecond(stamp), static_cast<uint64_t>(kNow + 1) << 16);
}

}  // namespace
}  // namespace talkbeat
