#include "base/option_value.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

TEST(OptionValue, durations_have_a_unit) {
  EXPECT_EQ(parse_duration("500ms"), 500);
  EXPECT_EQ(parse_duration("30s"), 30'000);
  EXPECT_EQ(parse_duration("5m"), 300'000);
  EXPECT_EQ(parse_duration("2h"), 7'200'000);
  EXPECT_EQ(parse_duration("7d"), 604'800'000);
  EXPECT_EQ(parse_duration("0"), 0);
  for (const char* text :
       {"", "5", "s", "-5s", "+5s", "5 s", "5S", "1.5s", "5s5", "106751991168d", "99999999999999999999s"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(OptionValue, sizes_may_have_a_unit) {
  EXPECT_EQ(parse_bytes("17"), 17);
  EXPECT_EQ(parse_bytes("16KiB"), 16'384);
  EXPECT_EQ(parse_bytes("1MiB"), 1'048'576);
  EXPECT_EQ(parse_bytes("2GiB"), 2'147'483'648);
  for (const char* text : {"", "KiB", "-1", "-1KiB", "1KB", "1kib", "1 MiB", "9999999999999GiB"}) {
    EXPECT_EQ(parse_bytes(text), std::nullopt) << text;
  }
}

TEST(OptionValue, formatting_is_the_inverse_of_parsing) {
  for (const int64_t value :
       {0LL, 1LL, 999LL, 1000LL, 1024LL, 60'000LL, 90'000LL, 1LL << 20, 86'400'000LL, 1LL << 40}) {
    EXPECT_EQ(parse_duration(format_duration(value)), value);
    EXPECT_EQ(parse_bytes(format_bytes(value)), value);
  }
  EXPECT_EQ(format_duration(90'000), "90s");
  EXPECT_EQ(format_bytes(16'384), "16KiB");
}

TEST(OptionValue, a_quoted_text_stays_on_one_line) {
  EXPECT_EQ(toml_quote("a\"b\\c\n\x7f"), "\"a\\\"b\\\\c\\u000A\\u007F\"");
  EXPECT_EQ(to_toml(std::vector<std::string>{"a", "b"}), "[\"a\", \"b\"]");
}

}  // namespace
}  // namespace talkbeat
