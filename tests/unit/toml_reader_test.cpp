#include "base/toml_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace talkbeat {
namespace {

using testing::HasSubstr;

// toml++ looks such letters up in tables of blanks and of letters, and promises the compiler that they are in one.
TEST(TomlReader, letters_where_none_may_be_are_an_error_of_their_line) {
  for (const std::string letter : {"\u025c", "\u00aa", "\u2027", "\u3001", "\U0002f800"}) {
    EXPECT_THAT(parse_toml("[log]\nlevel = 1" + letter + "\n", "a.toml").message(), HasSubstr("a.toml:2: "));
    EXPECT_THAT(parse_toml("[log]\n" + letter + " = 1\n", "a.toml").message(), HasSubstr("a.toml:2: "));
    EXPECT_THAT(parse_toml("[log" + letter + "]\n", "a.toml").message(), HasSubstr("a.toml:1: "));
  }
}

TEST(TomlReader, letters_of_all_kinds_may_stand_in_texts_and_comments) {
  const auto entries = parse_toml("# \u025c\n[log]\nfile = \"\u025c.log\"\n", "a.toml");
  ASSERT_TRUE(entries.ok());
  EXPECT_EQ(entries.value().back().value, OptionValue(std::string("\u025c.log")));
}

}  // namespace
}  // namespace talkbeat
