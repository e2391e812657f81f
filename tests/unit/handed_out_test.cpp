#include "login_server/handed_out.h"

#include <gtest/gtest.h>

namespace talkbeat::login {
namespace {

TEST(HandedOut, counts_what_was_added_and_has_not_arrived) {
  HandedOut handed_out;
  for (Tick now = 0; now < 1'000; now += 10) handed_out.add(now);
  EXPECT_EQ(handed_out.count(), 100u);
  handed_out.arrived(30);
  EXPECT_EQ(handed_out.count(), 70u);
}

TEST(HandedOut, arrivals_that_were_not_handed_out_do_not_count) {
  HandedOut handed_out;
  handed_out.add(0);
  handed_out.arrived(5);
  EXPECT_EQ(handed_out.count(), 0u);
  handed_out.add(0);
  EXPECT_EQ(handed_out.count(), 1u);
}

TEST(HandedOut, the_oldest_arrive_first) {
  HandedOut handed_out;
  handed_out.add(0);
  handed_out.add(1'000);
  handed_out.arrived(1);
  handed_out.forget_before(500);
  EXPECT_EQ(handed_out.count(), 1u);
}

TEST(HandedOut, forgets_those_that_never_arrive) {
  HandedOut handed_out;
  handed_out.add(0);
  handed_out.add(5'000);
  handed_out.forget_before(1);
  EXPECT_EQ(handed_out.count(), 1u);
  handed_out.forget_before(5'001);
  EXPECT_EQ(handed_out.count(), 0u);
}

}  // namespace
}  // namespace talkbeat::login
