#include "tools/talkload/pair_recovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace talkbeat::load {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Place = PairRecovery::Place;
using After = PairRecovery::After;

IM::Message::IMGetMsgByIdRsp page_of(const std::vector<uint32_t>& ids) {
  IM::Message::IMGetMsgByIdRsp page;
  for (const uint32_t id : ids) page.add_msg_list()->set_msg_id(id);
  return page;
}

/// One pair, known to begin behind id 10.
class PairRecoveryTest : public testing::Test {
 protected:
  void SetUp() override { recovery.begin_behind(0, 10); }
  After page(const std::vector<uint32_t>& ids) {
    return recovery.page_came(0, page_of(ids),
                              [this](const IM::BaseDefine::MsgInfo& message) { taken.push_back(message.msg_id()); });
  }

  PairRecovery recovery{1};
  std::vector<uint32_t> taken;
};

TEST_F(PairRecoveryTest, all_are_known_when_each_has_its_beginning) {
  PairRecovery two(2);
  two.begin_behind(1, 0);
  two.begin_behind(1, 7);
  EXPECT_FALSE(two.all_known());
  two.begin_behind(0, 0);
  EXPECT_TRUE(two.all_known());
}

TEST_F(PairRecoveryTest, what_comes_in_order_is_taken_once) {
  EXPECT_EQ(recovery.came(0, 11), Place::kNext);
  EXPECT_EQ(recovery.came(0, 11), Place::kKnown);
  EXPECT_EQ(recovery.came(0, 9), Place::kKnown);
  EXPECT_EQ(recovery.came(0, 12), Place::kNext);
}

TEST_F(PairRecoveryTest, a_gap_is_fetched_once_and_then_filled) {
  EXPECT_EQ(recovery.came(0, 13), Place::kGap);
  recovery.page_request(0, 1, 2);
  EXPECT_EQ(recovery.came(0, 14), Place::kBeingFetched);
  EXPECT_EQ(page({12, 11, 13, 14}), After::kDone);
  EXPECT_THAT(taken, ElementsAre(11u, 12u, 13u, 14u));
  EXPECT_EQ(recovery.came(0, 15), Place::kNext);
}

TEST_F(PairRecoveryTest, what_was_delivered_behind_the_page_is_asked_for) {
  recovery.came(0, 12);
  recovery.page_request(0, 1, 2);
  recovery.came(0, 13);  // stored when the page had been read
  EXPECT_EQ(page({11, 12}), After::kAskOn);
}

TEST_F(PairRecoveryTest, a_hole_in_the_history_is_told_and_does_not_stop_it) {
  recovery.came(0, 13);
  recovery.page_request(0, 1, 2);
  EXPECT_EQ(page({}), After::kHole);
  EXPECT_EQ(recovery.came(0, 14), Place::kNext);
}

TEST_F(PairRecoveryTest, a_page_that_leads_nowhere_is_not_asked_for_again) {
  recovery.came(0, 13);
  recovery.page_request(0, 1, 2);
  EXPECT_EQ(page({9, 10, 12}), After::kHole);
  recovery.page_request(0, 1, 2);
  EXPECT_EQ(page(std::vector<uint32_t>(100, 5)), After::kHole) << "full of what is known";
  EXPECT_THAT(taken, IsEmpty());
}

TEST_F(PairRecoveryTest, an_empty_page_without_a_gap_is_the_end) {
  recovery.page_request(0, 1, 2);
  EXPECT_EQ(page({}), After::kDone);
  EXPECT_THAT(taken, IsEmpty());
}

TEST_F(PairRecoveryTest, a_page_of_the_connection_before_is_not_taken) {
  recovery.page_request(0, 1, 2);
  recovery.came_back(0);
  EXPECT_EQ(page({11}), After::kDone);
  EXPECT_THAT(taken, IsEmpty());
}

TEST_F(PairRecoveryTest, only_what_has_no_answer_is_sent_again) {
  Answers answers;
  for (uint64_t i = 1; i <= 4; ++i) recovery.sent(0, answers.next(), 100 * i);
  answers.acked(1);
  answers.was_refused(3);
  std::vector<std::pair<uint32_t, uint64_t>> again;
  recovery.for_each_open(0, answers, [&](uint32_t number, uint64_t intended) { again.emplace_back(number, intended); });
  EXPECT_THAT(again, ElementsAre(std::pair(2u, 200u), std::pair(4u, 400u)));
}

}  // namespace
}  // namespace talkbeat::load
