#include "base/close_reason.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <string>

namespace talkbeat {
namespace {

TEST(CloseReason, every_one_has_a_word_of_its_own_that_is_fit_for_a_label) {
  std::set<std::string> words;
  for (int i = 0; i < kCloseReasons; ++i) {
    const std::string word = to_string(static_cast<CloseReason>(i));
    EXPECT_TRUE(words.insert(word).second) << word;
    EXPECT_EQ(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string::npos) << word;
  }
}

TEST(CloseReason, an_error_number_tells_a_reset_from_a_link_that_is_down) {
  EXPECT_EQ(close_reason_of_errno(ECONNRESET), CloseReason::kPeerReset);
  EXPECT_EQ(close_reason_of_errno(EPIPE), CloseReason::kPeerReset);
  EXPECT_EQ(close_reason_of_errno(ETIMEDOUT), CloseReason::kUnacknowledged);
  EXPECT_EQ(close_reason_of_errno(EHOSTUNREACH), CloseReason::kUnacknowledged);
  EXPECT_EQ(close_reason_of_errno(ENETUNREACH), CloseReason::kUnacknowledged);
  EXPECT_EQ(close_reason_of_errno(ENOMEM), CloseReason::kIoError);
}

TEST(CloseReasonDeathTest, a_value_outside_of_the_enum_is_a_bug) {
  EXPECT_DEATH(to_string(static_cast<CloseReason>(kCloseReasons)), "this is a bug in TalkBeat");
}

}  // namespace
}  // namespace talkbeat
