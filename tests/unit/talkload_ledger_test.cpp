#include "tools/talkload/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/talkload/group_ledger.h"

namespace talkbeat::load {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Answers, acks_in_order_are_counted) {
  Answers answers;
  EXPECT_EQ(answers.next(), 1u);
  EXPECT_EQ(answers.next(), 2u);
  EXPECT_TRUE(answers.acked(1));
  EXPECT_EQ(answers.answered(), 1u);
  EXPECT_TRUE(answers.is_acked(1));
  EXPECT_FALSE(answers.is_acked(2));
}

TEST(Answers, an_answer_that_overtakes_others_counts_once) {
  Answers answers;
  for (int i = 0; i < 4; ++i) answers.next();
  EXPECT_TRUE(answers.was_refused(3));
  EXPECT_TRUE(answers.acked(1));
  EXPECT_FALSE(answers.acked(1));
  EXPECT_FALSE(answers.was_refused(3));
  EXPECT_TRUE(answers.acked(2));
  EXPECT_EQ(answers.answered(), 3u);
  EXPECT_EQ(answers.refused(), 1u);
  EXPECT_FALSE(answers.is_acked(3));
  EXPECT_TRUE(answers.is_refused(3));
}

TEST(Answers, what_was_never_sent_has_no_answer) {
  Answers answers;
  EXPECT_FALSE(answers.acked(0));
  EXPECT_FALSE(answers.acked(1));
}

TEST(Answers, a_seq_num_of_16_bits_finds_its_number_at_every_wrap) {
  Answers answers;
  for (uint32_t number = 1; number <= 200'000; ++number) {
    ASSERT_EQ(answers.next(), number);
    ASSERT_EQ(answers.number_of(static_cast<uint16_t>(number)), number);
    ASSERT_EQ(answers.newest_of(static_cast<uint16_t>(number)), number);
    answers.acked(number);
  }
}

TEST(Answers, the_youngest_of_many_open_ones_is_found) {
  Answers answers;
  for (uint32_t i = 0; i < 70'000; ++i) answers.next();
  for (uint32_t i = 1; i <= 40'000; ++i) answers.acked(i);
  EXPECT_EQ(answers.number_of(static_cast<uint16_t>(70'000)), 70'000u);
  EXPECT_EQ(answers.newest_of(static_cast<uint16_t>(69'000)), 69'000u);
}

TEST(Arrivals, order_is_order) {
  Arrivals arrivals;
  for (uint32_t number = 1; number <= 5; ++number) EXPECT_EQ(arrivals.arrived(number, 5), Arrival::kInOrder);
  EXPECT_EQ(arrivals.count(), 5u);
  EXPECT_THAT(arrivals.missing(5), IsEmpty());
}

TEST(Arrivals, a_second_copy_is_doubled_wherever_it_comes) {
  Arrivals arrivals;
  EXPECT_EQ(arrivals.arrived(1, 3), Arrival::kInOrder);
  EXPECT_EQ(arrivals.arrived(1, 3), Arrival::kDoubled);
  EXPECT_EQ(arrivals.arrived(3, 3), Arrival::kInOrder);
  EXPECT_EQ(arrivals.arrived(3, 3), Arrival::kDoubled);
  EXPECT_EQ(arrivals.arrived(2, 3), Arrival::kLate);
  EXPECT_EQ(arrivals.arrived(2, 3), Arrival::kDoubled);
  EXPECT_EQ(arrivals.count(), 3u);
}

TEST(Arrivals, what_was_skipped_and_what_never_came_is_missing) {
  Arrivals arrivals;
  arrivals.arrived(2, 6);
  arrivals.arrived(4, 6);
  EXPECT_THAT(arrivals.missing(6), ElementsAre(1u, 3u, 5u, 6u));
  EXPECT_EQ(arrivals.count(), 2u);
}

TEST(Arrivals, nobody_has_sent_that) {
  Arrivals arrivals;
  EXPECT_EQ(arrivals.arrived(0, 5), Arrival::kUnknown);
  EXPECT_EQ(arrivals.arrived(6, 5), Arrival::kUnknown);
  EXPECT_EQ(arrivals.count(), 0u);
}

TEST(GroupLedger, a_message_is_in_flight_until_it_is_acked_and_with_all) {
  GroupLedger ledger(3, 2);
  const uint32_t number = ledger.sender(0).next();
  EXPECT_EQ(ledger.in_flight(0), 1u);
  ledger.arrived(1, 0, number);
  ledger.sender(0).acked(number);
  EXPECT_EQ(ledger.in_flight(0), 1u);
  ledger.arrived(2, 0, number);
  EXPECT_EQ(ledger.in_flight(0), 0u);
  EXPECT_TRUE(ledger.settled());
}

TEST(GroupLedger, the_member_that_missed_something_is_named) {
  GroupLedger ledger(3, 1);
  ledger.sender(0).next();
  ledger.sender(0).acked(1);
  ledger.arrived(2, 0, 1);
  std::vector<std::tuple<uint32_t, uint32_t, uint32_t>> lost;
  ledger.for_each_lost(
      [&](uint32_t member, uint32_t sender, uint32_t number) { lost.emplace_back(member, sender, number); });
  EXPECT_THAT(lost, ElementsAre(std::tuple(1u, 0u, 1u)));
}

TEST(GroupLedger, what_was_refused_is_no_loss) {
  GroupLedger ledger(3, 1);
  ledger.sender(0).next();
  ledger.sender(0).was_refused(1);
  EXPECT_TRUE(ledger.settled());
  int lost = 0;
  ledger.for_each_lost([&](uint32_t, uint32_t, uint32_t) { ++lost; });
  EXPECT_EQ(lost, 0);
}

}  // namespace
}  // namespace talkbeat::load
