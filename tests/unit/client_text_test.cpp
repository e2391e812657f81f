#include <gtest/gtest.h>

#include "base/wire_password.h"
#include "msg_server/password.h"
#include "tools/client/terminal_text.h"

namespace talkbeat {
namespace {

TEST(TerminalText, plain_text_of_any_script_stays_as_it_is) {
  EXPECT_EQ(printable("Grüße, 世界 🙂"), "Grüße, 世界 🙂");
}

TEST(TerminalText, what_could_steer_a_terminal_is_escaped) {
  EXPECT_EQ(printable("a\x1b[2Jb"), "a\\x1b[2Jb");
  EXPECT_EQ(printable("a\nb\r\tc"), "a\\nb\\r\\tc");
  EXPECT_EQ(printable(std::string_view("\0\x7f", 2)), "\\x00\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"), "\\u{9b}");
  EXPECT_EQ(printable("\xe2\x80\xae"), "\\u{202e}");
}

TEST(TerminalText, bytes_that_are_not_utf8_are_escaped) {
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");           // longer than needed
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // half of a pair
  EXPECT_FALSE(is_utf8("\xf5\x80\x80\x80"));
  EXPECT_TRUE(is_utf8("ä"));
}

TEST(TerminalText, width_is_counted_in_columns) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("ä"), 1u);
  EXPECT_EQ(display_width("世界"), 4u);
  EXPECT_EQ(display_width("e\xcc\x81"), 1u);
}

TEST(WirePassword, is_the_lowercase_md5) {
  EXPECT_EQ(wire_password("secret"), "5ebe2294ecd0e0f08eab7690d2a6ee69");
  EXPECT_EQ(wire_password(""), "d41d8cd98f00b204e9800998ecf8427e");
}

TEST(Password, only_the_right_secret_fits_the_hash) {
  const PasswordCost cheap{.operations = 1, .memory_bytes = 8192};
  const std::string hash = hash_password("secret", cheap);
  EXPECT_TRUE(hash.starts_with("$argon2id$"));
  EXPECT_TRUE(verify_password(hash, "secret"));
  EXPECT_FALSE(verify_password(hash, "Secret"));
  EXPECT_NE(hash, hash_password("secret", cheap));
}

TEST(Password, nothing_fits_what_is_no_hash) {
  EXPECT_FALSE(verify_password("", ""));
  EXPECT_FALSE(verify_password("secret", "secret"));
  EXPECT_FALSE(verify_password(std::string(1'000, 'x'), "secret"));
}

}  // namespace
}  // namespace talkbeat
