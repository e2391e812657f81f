// JSON as pages and tools write it.

#include "base/json_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace talkbeat {
namespace {

using Json = nlohmann::ordered_json;

TEST(JsonText, keeps_the_order_and_what_people_write) {
  EXPECT_EQ(json_text({{"name", "王小明 \"a\""}, {"id", 1}}), R"({"name":"王小明 \"a\"","id":1})");
}

TEST(JsonText, indents_where_people_read_it) {
  EXPECT_EQ(json_text({{"id", 1}}, 2), "{\n  \"id\": 1\n}");
}

TEST(JsonText, bytes_that_are_not_utf_8_become_the_replacement_character) {
  EXPECT_EQ(json_text({{"name", "a\xff-"}}), "{\"name\":\"a\xef\xbf\xbd-\"}");
}

TEST(JsonText, what_orders_a_terminal_about_is_escaped_and_read_again_as_the_same) {
  // ESC; DEL; CSI in one character (C1); right-to-left override; the mark of byte order.
  const std::string name = "\x1b[2J \x7f \xc2\x9b\x32J \xe2\x80\xae \xef\xbb\xbf";
  const std::string text = json_text({{"name", name}, {name, 1}}, 2);
  EXPECT_NE(text.find(R"(\u001b[2J \u007f \u009b2J \u202e \ufeff)"), std::string::npos) << text;
  for (const char* raw : {"\x1b", "\x7f", "\xc2\x9b", "\xe2\x80\xae", "\xef\xbb\xbf"}) {
    EXPECT_EQ(text.find(raw), std::string::npos) << text;
  }
  const Json again = Json::parse(text);
  EXPECT_EQ(again["name"], name);
  EXPECT_EQ(again[name], 1);
}

}  // namespace
}  // namespace talkbeat
