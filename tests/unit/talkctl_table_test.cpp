#include "tools/talkctl/table.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

TEST(TalkctlTable, a_name_can_neither_steer_the_terminal_nor_begin_a_row) {
  Table table({"USER", "NICK"});
  table.add({"mallory", "\x1b[2J\nalice   admin"});
  EXPECT_EQ(table.text(),
            "USER     NICK\n"
            "mallory  \\x1b[2J\\nalice   admin\n");
}

TEST(TalkctlTable, columns_line_up_whatever_script_they_are_written_in) {
  Table table({"USER", "SESSIONS", "SEEN"}, 1);
  table.add({"世界", "7", "now"});
  table.add({"bob", "12", "yesterday"});
  EXPECT_EQ(table.text(),
            "USER  SESSIONS       SEEN\n"
            "世界         7        now\n"
            "bob         12  yesterday\n");
}

}  // namespace
}  // namespace talkbeat
