#include "msg_server/store/pair_cache.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

PairRow row_of(UserId low, UserId high) {
  PairRow row;
  row.conv_id = 7;
  row.low = low;
  row.high = high;
  row.last_msg_id = 5;
  row.low_sent = 2;
  row.low_mark = {.read = 4, .seen = 2, .hidden = 1};
  row.high_mark = {.read = 1, .seen = 1, .hidden = 0};
  return row;
}

TEST(PairRow, each_side_sees_its_own_counters) {
  const PairRow row = row_of(10, 20);
  const ConversationView low = row.seen_by(10);
  EXPECT_EQ(low.ref, (ConversationRef{ConversationKind::kSingle, 20}));
  EXPECT_EQ(low.own, 2u);
  EXPECT_EQ(low.mark.read, 4u);
  EXPECT_EQ(low.unread(), 1u);  // three by the other, two of them seen
  const ConversationView high = row.seen_by(20);
  EXPECT_EQ(high.ref.peer, 10u);
  EXPECT_EQ(high.own, 3u);
  EXPECT_EQ(high.unread(), 1u);
}

TEST(PairCache, finds_what_was_put_and_only_that) {
  PairCache cache;
  EXPECT_EQ(cache.find(1, 2), nullptr);
  cache.put(row_of(1, 2), true);
  ASSERT_NE(cache.find(1, 2), nullptr);
  EXPECT_TRUE(cache.find(1, 2)->enabled);
  EXPECT_EQ(cache.find(2, 1), nullptr);
  EXPECT_EQ(cache.find(1, 3), nullptr);
}

TEST(PairCache, a_row_that_changes_twice_is_written_once_in_the_order_of_first_changes) {
  PairCache cache;
  auto& first = cache.put(row_of(1, 2), true);
  auto& second = cache.put(row_of(1, 3), true);
  cache.note_change(second);
  cache.note_change(first);
  cache.note_change(second);
  ASSERT_EQ(cache.changed().size(), 2u);
  EXPECT_EQ(cache.changed()[0], &second);
  cache.forget_changes();
  EXPECT_TRUE(cache.changed().empty());
  cache.note_change(second);
  EXPECT_EQ(cache.changed().size(), 1u);
}

TEST(PairCache, rows_stay_where_they_are_while_others_come) {
  PairCache cache;
  auto* first = &cache.put(row_of(1, 2), true);
  for (UserId high = 3; high < 3'000; ++high) cache.put(row_of(1, high), false);
  EXPECT_EQ(cache.find(1, 2), first);
}

TEST(PairCache, is_full_at_its_bound_and_empty_once_cleared) {
  PairCache cache;
  for (UserId high = 1; high <= PairCache::kMaxRows; ++high) {
    ASSERT_FALSE(cache.full());
    cache.put(row_of(0, high), false);
  }
  EXPECT_TRUE(cache.full());
  cache.note_change(*cache.find(0, 1));
  cache.clear();
  EXPECT_FALSE(cache.full());
  EXPECT_TRUE(cache.changed().empty());
  EXPECT_EQ(cache.find(0, 1), nullptr);
}

}  // namespace
}  // namespace talkbeat
