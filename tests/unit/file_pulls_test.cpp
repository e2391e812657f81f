#include "msg_server/files/file_pulls.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

using Asked = PullQueue::Asked;

constexpr PullLimits kLimits{.pulls = 3, .chunk = 100};

TEST(PullQueue, pieces_are_served_and_answered_in_the_order_in_which_they_were_asked_for) {
  PullQueue pulls(1'000, kLimits);
  EXPECT_EQ(pulls.ask(500, 100, 1), Asked::kTaken);
  EXPECT_EQ(pulls.ask(0, 50, 2), Asked::kTaken);
  ASSERT_TRUE(pulls.fits(1'000));
  EXPECT_EQ(pulls.serve().offset, 500u);
  EXPECT_EQ(pulls.serve().offset, 0u);
  EXPECT_FALSE(pulls.fits(1'000)) << "none is left";
  EXPECT_FALSE(pulls.answer(0, 50)) << "the other one comes first";
  EXPECT_EQ(pulls.answer(500, 100)->seq_num, 1);
  EXPECT_EQ(pulls.answer(0, 50)->seq_num, 2);
  EXPECT_EQ(pulls.unanswered(), 0u);
}

TEST(PullQueue, a_piece_is_cut_to_the_limit_and_to_the_end_of_the_file) {
  PullQueue pulls(250, kLimits);
  pulls.ask(0, 4'000'000'000, 1);
  pulls.ask(200, 100, 2);
  EXPECT_EQ(pulls.serve().size, 100u);
  EXPECT_EQ(pulls.serve().size, 50u);
}

TEST(PullQueue, nothing_is_beyond_the_end_and_nothing_is_at_it) {
  PullQueue pulls(250, kLimits);
  EXPECT_EQ(pulls.ask(250, 1, 1), Asked::kFinished);
  EXPECT_EQ(pulls.ask(250, 0, 1), Asked::kFinished);
  EXPECT_EQ(pulls.ask(251, 1, 1), Asked::kBadOffset);
  EXPECT_EQ(pulls.ask(UINT32_MAX, UINT32_MAX, 1), Asked::kBadOffset);
  EXPECT_EQ(pulls.ask(0, 0, 1), Asked::kBadOffset);
  EXPECT_EQ(pulls.unanswered(), 0u);
  PullQueue empty(0, kLimits);
  EXPECT_EQ(empty.ask(0, 100, 1), Asked::kFinished);
}

TEST(PullQueue, the_largest_file_that_can_be_has_a_last_piece) {
  PullQueue pulls(UINT32_MAX, kLimits);
  ASSERT_EQ(pulls.ask(UINT32_MAX - 1, UINT32_MAX, 1), Asked::kTaken);
  EXPECT_EQ(pulls.serve().size, 1u);
}

TEST(PullQueue, no_more_than_the_limit_are_without_an_answer) {
  PullQueue pulls(1'000, kLimits);
  for (uint16_t i = 0; i < 3; ++i) EXPECT_EQ(pulls.ask(0, 100, i), Asked::kTaken) << "the same bytes, too";
  EXPECT_EQ(pulls.ask(0, 100, 3), Asked::kTooMany);
  pulls.serve();
  EXPECT_EQ(pulls.ask(0, 100, 3), Asked::kTooMany) << "being served is no answer";
  EXPECT_TRUE(pulls.answer(0, 100));
  EXPECT_EQ(pulls.ask(0, 100, 3), Asked::kTaken);
}

TEST(PullQueue, what_is_being_served_takes_room) {
  PullQueue pulls(1'000, kLimits);
  pulls.ask(0, 100, 1);
  pulls.ask(100, 100, 2);
  EXPECT_FALSE(pulls.fits(99));
  ASSERT_TRUE(pulls.fits(199));
  pulls.serve();
  EXPECT_FALSE(pulls.fits(199));
  pulls.answer(0, 100);
  EXPECT_TRUE(pulls.fits(199));
}

TEST(PullQueue, only_the_bytes_that_were_asked_for_are_an_answer) {
  PullQueue pulls(1'000, kLimits);
  EXPECT_FALSE(pulls.answer(0, 100)) << "nobody has asked";
  pulls.ask(0, 100, 1);
  EXPECT_FALSE(pulls.answer(0, 100)) << "nobody has been told to serve";
  pulls.serve();
  EXPECT_FALSE(pulls.answer(0, 99));
  EXPECT_FALSE(pulls.answer(0, 101));
  EXPECT_FALSE(pulls.answer(1, 100));
  EXPECT_FALSE(pulls.fail(1));
  EXPECT_TRUE(pulls.answer(0, 100));
  EXPECT_FALSE(pulls.answer(0, 100)) << "twice";
}

TEST(PullQueue, a_piece_that_cannot_be_read_is_answered_without_bytes) {
  PullQueue pulls(1'000, kLimits);
  pulls.ask(300, 100, 7);
  pulls.serve();
  EXPECT_EQ(pulls.fail(300)->seq_num, 7);
  EXPECT_EQ(pulls.unanswered(), 0u);
}

TEST(PullQueue, what_a_receiver_asked_for_who_has_gone_is_still_an_answer_but_goes_nowhere) {
  PullQueue pulls(1'000, kLimits);
  pulls.ask(0, 100, 1);
  pulls.serve();
  pulls.ask(100, 100, 2);
  pulls.forget_asker();
  EXPECT_FALSE(pulls.fits(1'000)) << "what waited is forgotten";
  pulls.ask(0, 100, 3);
  pulls.serve();
  EXPECT_FALSE(pulls.answer(0, 100)->wanted);
  const auto second = pulls.answer(0, 100);
  EXPECT_TRUE(second->wanted);
  EXPECT_EQ(second->seq_num, 3);
}

TEST(PullQueue, who_comes_after_a_receiver_who_has_gone_may_ask_at_once_and_is_served_as_the_old_ones_are_answered) {
  PullQueue pulls(1'000, kLimits);
  for (uint16_t i = 0; i < 3; ++i) {
    pulls.ask(100U * i, 100, i);
    pulls.serve();
  }
  pulls.forget_asker();
  for (uint16_t i = 0; i < 3; ++i) EXPECT_EQ(pulls.ask(500, 10, i), Asked::kTaken);
  EXPECT_EQ(pulls.ask(500, 10, 3), Asked::kTooMany);
  EXPECT_FALSE(pulls.fits(1'000)) << "the sender has no more to answer than ever";
  EXPECT_FALSE(pulls.answer(0, 100)->wanted);
  ASSERT_TRUE(pulls.fits(1'000));
  pulls.serve();
  EXPECT_FALSE(pulls.fits(1'000));
}

TEST(PullQueue, a_sender_who_has_come_back_is_asked_for_all_again_in_the_old_order) {
  PullQueue pulls(1'000, kLimits);
  pulls.ask(0, 100, 1);
  pulls.ask(100, 100, 2);
  pulls.ask(200, 100, 3);
  pulls.serve();
  pulls.serve();
  pulls.serve_again();
  EXPECT_FALSE(pulls.answer(0, 100));
  EXPECT_EQ(pulls.serve().seq_num, 1);
  EXPECT_EQ(pulls.serve().seq_num, 2);
  EXPECT_EQ(pulls.serve().seq_num, 3);
  EXPECT_TRUE(pulls.answer(0, 100));
}

}  // namespace
}  // namespace talkbeat
