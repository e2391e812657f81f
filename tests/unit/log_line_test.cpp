#include "base/log_line.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

std::string value(std::string_view text) {
  std::string line;
  append_log_value(line, text);
  return line;
}

std::string event(std::string_view name, LogFields fields) {
  std::string line;
  append_log_event(line, name, fields);
  return line;
}

TEST(LogLine, plain_values_stand_bare) {
  EXPECT_EQ(value("1.2.3.4:80"), "1.2.3.4:80");
  EXPECT_EQ(value("[::1]:80"), "[::1]:80");
}

TEST(LogLine, everything_else_is_quoted_and_escaped) {
  EXPECT_EQ(value(""), "\"\"");
  EXPECT_EQ(value("two words"), "\"two words\"");
  EXPECT_EQ(value("a=b"), "\"a=b\"");
  EXPECT_EQ(value("say \"hi\" \\o/"), "\"say \\\"hi\\\" \\\\o/\"");
  EXPECT_EQ(value("\r\n\t"), "\"\\r\\n\\t\"");
  EXPECT_EQ(value(std::string_view("a\0b", 3)), "\"a\\x00b\"");
  EXPECT_EQ(value("\x1b[31mred"), "\"\\x1b[31mred\"");
  EXPECT_EQ(value("\xe4\xbd\xa0\x7f"), "\"\\xe4\\xbd\\xa0\\x7f\"");
}

TEST(LogLine, no_byte_leaves_the_line_or_printable_ascii) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  for (const char c : value(every_byte)) EXPECT_TRUE(c >= 0x20 && c <= 0x7e);
}

TEST(LogLine, long_values_are_cut) {
  EXPECT_EQ(value(std::string(kMaxLogValue, 'a')), std::string(kMaxLogValue, 'a'));
  EXPECT_EQ(value(std::string(kMaxLogValue + 1, 'a')), std::string(kMaxLogValue, 'a') + "...");
  EXPECT_EQ(value(std::string(1 << 20, '\n')).size(), 2 * kMaxLogValue + 5);
}

enum class Id : uint64_t {};
enum class PackedId : uint64_t {};
uint64_t log_number(PackedId id) {
  return static_cast<uint64_t>(id) >> 8;
}

TEST(LogLine, each_type_has_its_form) {
  const std::string name = "bob";
  const char* reason = "silent";
  EXPECT_EQ(event("x", {{"a", true}, {"b", -5}, {"c", 18446744073709551615u}, {"d", 0.25}, {"e", name}, {"f", reason}}),
            "x a=true b=-5 c=18446744073709551615 d=0.25 e=bob f=silent");
  EXPECT_EQ(event("x", {{"id", Id{7}}, {"size", name.size()}, {"port", uint16_t{80}}, {"view", std::string_view("v")}}),
            "x id=7 size=3 port=80 view=v");
  EXPECT_EQ(event("x", {}), "x");
}

TEST(LogLine, an_id_that_has_a_log_number_shows_that) {
  EXPECT_EQ(event("x", {{"id", PackedId{7 << 8 | 3}}}), "x id=7");
}

}  // namespace
}  // namespace talkbeat
