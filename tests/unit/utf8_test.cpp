#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace talkbeat {
namespace {

TEST(Utf8Test, characters_of_every_length_are_decoded) {
  EXPECT_EQ(decode_utf8("a").code, 0x61u);
  EXPECT_EQ(decode_utf8("\xc3\xa4x").code, 0xe4u);
  EXPECT_EQ(decode_utf8("\xe4\xb8\x96").code, 0x4e16u);
  EXPECT_EQ(decode_utf8("\xf0\x9f\x99\x82").code, 0x1f642u);
  EXPECT_EQ(decode_utf8("\xf0\x9f\x99\x82").length, 4u);
}

TEST(Utf8Test, what_is_cut_off_or_longer_than_needed_or_half_a_pair_is_none) {
  for (const char* bad : {"\xff", "\xc3", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80",
                          "\xf0\x9f\x99", "\xf4\x90\x80\x80", "\x80"}) {
    EXPECT_EQ(decode_utf8(bad).length, 0u);
    EXPECT_FALSE(is_utf8(bad));
    EXPECT_FALSE(is_plain_text("before " + std::string(bad)));
  }
}

TEST(Utf8Test, plain_text_has_no_control_characters) {
  EXPECT_TRUE(is_plain_text(""));
  EXPECT_TRUE(is_plain_text("Grüße, 世界 🙂 \xc2\xa0"));
  for (const char* steering : {"\n", "\r", "\t", "\x1b[2J", "\x7f", "\xc2\x9b"}) {
    EXPECT_FALSE(is_plain_text(steering));
    EXPECT_TRUE(is_utf8(steering));
  }
  EXPECT_FALSE(is_plain_text(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace talkbeat
