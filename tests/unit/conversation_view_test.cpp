#include "msg_server/store/conversation_view.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

TEST(ConversationView, what_the_others_wrote_after_the_mark_is_unread) {
  ConversationView view{.last_msg_id = 10, .own = 4};
  EXPECT_EQ(view.unread(), 6u);
  view.mark = {.read = 5, .seen = view.by_others(5, 2), .hidden = 0};
  EXPECT_EQ(view.mark.seen, 3u);
  EXPECT_EQ(view.unread(), 3u);
}

TEST(ConversationView, what_came_before_the_joining_is_nobodys) {
  const ConversationView view{.joined_after = 7, .last_msg_id = 10, .own = 1};
  EXPECT_EQ(view.unread(), 2u);
  EXPECT_EQ(view.by_others(7, 0), 0u);
  EXPECT_EQ(view.by_others(3, 0), 0u);
  EXPECT_EQ(view.latest(), 10u);
  const ConversationView fresh{.joined_after = 7, .last_msg_id = 7};
  EXPECT_EQ(fresh.latest(), 0u);
  EXPECT_EQ(fresh.unread(), 0u);
}

TEST(ConversationView, having_read_all_leaves_nothing_unread_and_keeps_what_is_hidden) {
  ConversationView view{.last_msg_id = 10, .own = 4, .mark = {.read = 2, .seen = 1, .hidden = 2}};
  EXPECT_TRUE(view.listed());
  view.mark = view.read_all();
  EXPECT_EQ(view.unread(), 0u);
  EXPECT_EQ(view.mark.read, 10u);
  EXPECT_EQ(view.mark.hidden, 2u);
  view.mark.hidden = 10;
  EXPECT_FALSE(view.listed());
}

}  // namespace
}  // namespace talkbeat
