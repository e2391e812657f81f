#include "tools/talkctl/close_advice.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "base/close_reason.h"
#include "base/go_away.h"

namespace talkbeat {
namespace {

std::string operations_page() {
  const std::ifstream file(TALKBEAT_SOURCE_DIR "/OPERATIONS.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(CloseAdvice, every_reason_has_its_row_in_the_operators_handbook) {
  const std::string page = operations_page();
  for (int i = 0; i < kCloseReasons; ++i) {
    const std::string reason = to_string(static_cast<CloseReason>(i));
    const auto advice = advice_on(reason);
    ASSERT_TRUE(advice) << reason;
    std::string row = "\n| `";
    row.append(reason).append("` | ").append(advice->meaning).append(" | ").append(advice->action).append(" |\n");
    EXPECT_NE(page.find(row), std::string::npos) << "OPERATIONS.md lacks the row" << row;
  }
}

TEST(CloseAdvice, of_an_unknown_word_there_is_none) {
  EXPECT_FALSE(advice_on("tired"));
}

TEST(GoAway, every_reason_has_words_and_stands_in_the_protocol_page) {
  const std::ifstream file(TALKBEAT_SOURCE_DIR "/PROTOCOL.md");
  std::stringstream page;
  page << file.rdbuf();
  for (int i = GoAwayReason_MIN; i <= GoAwayReason_MAX; ++i) {
    ASSERT_TRUE(GoAwayReason_IsValid(i));
    const auto reason = static_cast<GoAwayReason>(i);
    EXPECT_GT(std::string(words_for(reason)).size(), 10u);
    EXPECT_NE(page.str().find("\n| " + GoAwayReason_Name(reason) + " |"), std::string::npos)
        << GoAwayReason_Name(reason);
  }
}

TEST(GoAway, a_reason_is_told_once_and_only_where_nothing_else_tells_it) {
  EXPECT_EQ(go_away_reason_of(CloseReason::kSilent), GO_AWAY_SILENT);
  EXPECT_EQ(go_away_reason_of(CloseReason::kServerStopping), GO_AWAY_DRAIN);
  for (const CloseReason known : {CloseReason::kLoginRefused, CloseReason::kDuplicateLogin, CloseReason::kLoggedOut,
                                  CloseReason::kPeerClosed, CloseReason::kSlowConsumer}) {
    EXPECT_FALSE(go_away_reason_of(known)) << to_string(known);
  }
}

}  // namespace
}  // namespace talkbeat
