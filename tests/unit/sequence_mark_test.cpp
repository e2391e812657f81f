#include "msg_server/bus/sequence_mark.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

TEST(SequenceMark, nothing_is_known_before_the_first_note) {
  const SequenceMark mark(10'000);
  EXPECT_FALSE(mark.known());
  EXPECT_EQ(mark.safe(), 0u);
}

TEST(SequenceMark, the_first_note_counts_until_the_margin_has_passed) {
  SequenceMark mark(10'000);
  mark.note(0, 5);
  mark.note(9'000, 50);
  EXPECT_TRUE(mark.known());
  EXPECT_EQ(mark.safe(), 5u);
}

TEST(SequenceMark, then_the_last_note_before_the_margin_counts) {
  SequenceMark mark(10'000);
  for (Tick now = 0; now <= 30'000; now += 1'000) mark.note(now, static_cast<uint64_t>(now / 100));
  EXPECT_EQ(mark.safe(), 200u);
}

TEST(SequenceMark, notes_of_the_same_second_are_one) {
  SequenceMark mark(1'000);
  mark.note(0, 1);
  mark.note(999, 2);
  mark.note(5'000, 3);
  mark.note(6'500, 4);
  EXPECT_EQ(mark.safe(), 3u);
}

}  // namespace
}  // namespace talkbeat
