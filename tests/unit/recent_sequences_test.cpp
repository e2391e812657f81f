#include "msg_server/recent_sequences.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace talkbeat {
namespace {

TEST(RecentSequences, a_sequence_is_new_once) {
  RecentSequences recent(4);
  EXPECT_FALSE(recent.contains(7));
  EXPECT_TRUE(recent.insert(7));
  EXPECT_FALSE(recent.insert(7));
  EXPECT_TRUE(recent.contains(7));
}

TEST(RecentSequences, the_oldest_is_forgotten_when_it_is_full) {
  RecentSequences recent(2);
  for (const uint64_t sequence : std::initializer_list<uint64_t>{1, 2, 3}) recent.insert(sequence);
  EXPECT_FALSE(recent.contains(1));
  EXPECT_TRUE(recent.contains(2));
  EXPECT_TRUE(recent.contains(3));
}

TEST(RecentSequences, what_is_repeated_takes_no_room) {
  RecentSequences recent(2);
  for (const uint64_t sequence : std::initializer_list<uint64_t>{1, 2, 2, 2, 1}) recent.insert(sequence);
  EXPECT_TRUE(recent.contains(1));
  EXPECT_TRUE(recent.contains(2));
}

TEST(RecentSequences, counts_what_was_new_and_nothing_twice) {
  RecentSequences recent(2);
  for (const uint64_t sequence : std::initializer_list<uint64_t>{1, 2, 2, 3, 3}) recent.insert(sequence);
  EXPECT_EQ(recent.inserted(), 3u);
}

TEST(RecentSequences, the_floor_is_the_highest_that_was_forgotten) {
  RecentSequences recent(2);
  EXPECT_EQ(recent.floor(), 0u);
  for (const uint64_t sequence : std::initializer_list<uint64_t>{9, 3, 10}) recent.insert(sequence);
  EXPECT_EQ(recent.floor(), 9u);
  recent.insert(11);
  EXPECT_EQ(recent.floor(), 9u);
}

}  // namespace
}  // namespace talkbeat
