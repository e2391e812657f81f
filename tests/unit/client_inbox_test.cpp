#include "tools/client/inbox.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

const ConversationId kBob{IM::BaseDefine::SESSION_TYPE_SINGLE, 2};

ReceivedMessage message(uint32_t msg_id, bool mine = false) {
  ReceivedMessage result;
  result.conversation = kBob;
  result.msg_id = msg_id;
  result.mine = mine;
  return result;
}

std::vector<uint32_t> take(Inbox& inbox, bool own_unsettled = false) {
  std::vector<uint32_t> ids;
  for (const ReceivedMessage& next : inbox.take_ready(kBob, own_unsettled)) ids.push_back(next.msg_id);
  return ids;
}

using Ids = std::vector<uint32_t>;

TEST(Inbox, messages_wait_until_the_conversation_is_started) {
  Inbox inbox;
  inbox.add(message(5));
  EXPECT_EQ(take(inbox), Ids());
  EXPECT_FALSE(inbox.gap(kBob));
  inbox.start_after(kBob, 4);
  EXPECT_EQ(take(inbox), Ids({5}));
}

TEST(Inbox, what_is_old_at_the_start_never_comes) {
  Inbox inbox;
  inbox.add(message(3));
  inbox.start_after(kBob, 3);
  inbox.add(message(2));
  EXPECT_EQ(take(inbox), Ids());
  EXPECT_EQ(inbox.known(kBob), 3u);
}

TEST(Inbox, a_second_start_changes_nothing) {
  Inbox inbox;
  inbox.start_after(kBob, 3);
  inbox.start_after(kBob, 10);
  EXPECT_EQ(inbox.known(kBob), 3u);
}

TEST(Inbox, the_first_that_waits_is_the_lowest_until_the_start) {
  Inbox inbox;
  EXPECT_EQ(inbox.first_waiting(kBob), 0u);
  inbox.add(message(8));
  inbox.add_own(kBob, 7);
  EXPECT_EQ(inbox.first_waiting(kBob), 7u);
  inbox.start_after(kBob, 6);
  EXPECT_EQ(inbox.first_waiting(kBob), 0u);
  EXPECT_EQ(take(inbox), Ids({8}));
}

// Both sides write at once: the peer's answer overtakes the ack of our own message, which is asked for, and acked while
// the answer to that is on its way.
TEST(Inbox, a_gap_that_has_filled_by_itself_is_not_skipped_again) {
  Inbox inbox;
  inbox.start_after(kBob, 0);
  inbox.add(message(2));
  ASSERT_TRUE(inbox.gap(kBob));
  const Inbox::Gap asked = *inbox.gap(kBob);
  inbox.add_own(kBob, 1);
  EXPECT_EQ(take(inbox), Ids({2}));
  inbox.add(message(1, true));
  inbox.skip(kBob, asked.last);
  EXPECT_FALSE(inbox.gap(kBob));
  inbox.add(message(3));
  EXPECT_EQ(take(inbox), Ids({3}));
}

TEST(Inbox, duplicates_are_dropped_before_and_after_they_were_taken) {
  Inbox inbox;
  inbox.start_after(kBob, 0);
  inbox.add(message(1));
  inbox.add(message(1));
  EXPECT_EQ(take(inbox), Ids({1}));
  inbox.add(message(1));
  EXPECT_EQ(take(inbox), Ids());
}

TEST(Inbox, an_early_message_waits_for_the_gap_before_it) {
  Inbox inbox;
  inbox.start_after(kBob, 1);
  inbox.add(message(4));
  EXPECT_EQ(take(inbox), Ids());
  const auto gap = inbox.gap(kBob);
  ASSERT_TRUE(gap);
  EXPECT_EQ(gap->first, 2u);
  EXPECT_EQ(gap->last, 3u);
  inbox.add(message(3));
  inbox.add(message(2));
  EXPECT_EQ(take(inbox), Ids({2, 3, 4}));
  EXPECT_FALSE(inbox.gap(kBob));
}

TEST(Inbox, the_latest_id_that_the_server_tells_makes_a_gap) {
  Inbox inbox;
  inbox.start_after(kBob, 10);
  inbox.note_latest(kBob, 12);
  const auto gap = inbox.gap(kBob);
  ASSERT_TRUE(gap);
  EXPECT_EQ(gap->first, 11u);
  EXPECT_EQ(gap->last, 12u);
}

TEST(Inbox, ids_that_the_server_does_not_have_are_skipped) {
  Inbox inbox;
  inbox.start_after(kBob, 0);
  inbox.add(message(3));
  inbox.skip(kBob, 2);
  EXPECT_EQ(take(inbox), Ids({3}));
}

TEST(Inbox, an_own_message_counts_as_seen) {
  Inbox inbox;
  inbox.start_after(kBob, 0);
  inbox.add_own(kBob, 1);
  inbox.add(message(2));
  EXPECT_EQ(take(inbox), Ids({2}));
}

TEST(Inbox, a_fetched_message_that_may_be_our_own_unacked_one_waits_for_the_ack) {
  Inbox inbox;
  inbox.start_after(kBob, 0);
  inbox.add(message(1, true));
  inbox.add(message(2));
  EXPECT_EQ(take(inbox, true), Ids());
  inbox.add_own(kBob, 1);
  EXPECT_EQ(take(inbox, false), Ids({2}));
}

TEST(Inbox, messages_of_another_session_below_our_last_ack_do_not_wait) {
  Inbox inbox;
  inbox.start_after(kBob, 0);
  inbox.add(message(1, true));
  inbox.add_own(kBob, 2);
  EXPECT_EQ(take(inbox, true), Ids({1}));
}

TEST(Inbox, more_than_the_bound_is_fetched_again_instead_of_kept) {
  Inbox inbox;
  inbox.start_after(kBob, 0);
  const auto last = static_cast<uint32_t>(Inbox::kMaxEarly + 10);
  for (uint32_t id = last; id > 1; --id) inbox.add(message(id));
  inbox.add(message(1));
  EXPECT_EQ(take(inbox).size(), Inbox::kMaxEarly);
  const auto gap = inbox.gap(kBob);
  ASSERT_TRUE(gap);
  EXPECT_EQ(gap->first, Inbox::kMaxEarly + 1);
  EXPECT_EQ(gap->last, last);
}

TEST(Inbox, a_long_gap_is_skipped_at_once) {
  Inbox inbox;
  inbox.start_after(kBob, 5);
  inbox.add(message(4'000'000'000));
  inbox.skip(kBob, 3'999'999'999);
  EXPECT_FALSE(inbox.gap(kBob));
  EXPECT_EQ(take(inbox), Ids({4'000'000'000}));
}

TEST(Inbox, given_up_it_hands_out_what_has_come_and_goes_on_with_what_comes) {
  Inbox inbox;
  inbox.start_after(kBob, 1);
  inbox.add(message(4));
  inbox.add(message(9));
  inbox.note_latest(kBob, 20);
  inbox.give_up(kBob);
  EXPECT_FALSE(inbox.gap(kBob));
  EXPECT_EQ(take(inbox), Ids({4, 9}));
  inbox.add(message(12));
  ASSERT_TRUE(inbox.gap(kBob));
  EXPECT_EQ(inbox.gap(kBob)->first, 10u);
}

TEST(Inbox, given_up_before_it_began_it_begins_with_what_has_come) {
  Inbox inbox;
  inbox.add(message(30));
  inbox.give_up(kBob);
  EXPECT_EQ(take(inbox), Ids({30}));
}

// All of them wait for the ack of the first one.
TEST(Inbox, behind_a_full_store_nothing_is_fetched) {
  Inbox inbox;
  inbox.start_after(kBob, 0);
  inbox.add(message(1, true));
  for (uint32_t id = 2; id <= Inbox::kMaxEarly; ++id) EXPECT_TRUE(inbox.add(message(id)));
  EXPECT_FALSE(inbox.add(message(static_cast<uint32_t>(Inbox::kMaxEarly + 1))));
  EXPECT_FALSE(inbox.gap(kBob));
  EXPECT_EQ(take(inbox, true), Ids());
  EXPECT_EQ(take(inbox, false).size(), Inbox::kMaxEarly);
  EXPECT_TRUE(inbox.gap(kBob));
}

}  // namespace
}  // namespace talkbeat
