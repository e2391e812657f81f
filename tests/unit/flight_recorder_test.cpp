#include "base/flight_recorder.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace talkbeat {
namespace {

using enum LivenessEvent;

TEST(FlightRecorder, keeps_the_last_32_events_oldest_first) {
  FlightRecorder recorder;
  for (int i = 0; i < 100; ++i) recorder.note(kStrike, i, i);
  ASSERT_EQ(recorder.records().size(), FlightRecorder::kCapacity);
  EXPECT_EQ(recorder.records().front().at, 68);
  EXPECT_EQ(recorder.records().back().at, 99);
}

TEST(FlightRecorder, heartbeats_that_follow_each_other_are_one_event) {
  FlightRecorder recorder;
  recorder.note(kHandshakeDone, 5, 5);
  for (int i = 1; i <= 70'000; ++i) recorder.note(kHeartbeatIn, i * 10, i == 300 ? 99 : 10);
  ASSERT_EQ(recorder.records().size(), 2u);
  EXPECT_EQ(recorder.records()[1].at, 700'000);
  EXPECT_EQ(recorder.records()[1].value, 99u);
  EXPECT_EQ(recorder.records()[1].count, UINT16_MAX);
}

TEST(FlightRecorder, heartbeats_that_go_both_ways_in_turn_are_two_events) {
  FlightRecorder recorder;
  for (int i = 0; i < 1'000; ++i) {
    recorder.note(kHeartbeatOut, 2 * i, 0);
    recorder.note(kHeartbeatIn, 2 * i + 1, 0);
  }
  ASSERT_EQ(recorder.records().size(), 2u);
  EXPECT_EQ(recorder.records()[0].count, 1'000);
  EXPECT_EQ(recorder.records()[1].count, 1'000);
}

TEST(FlightRecorder, another_event_ends_a_run) {
  FlightRecorder recorder;
  recorder.note(kHeartbeatIn, 1, 0);
  recorder.note(kStrike, 2, 0);
  recorder.note(kHeartbeatIn, 3, 0);
  EXPECT_EQ(recorder.records().size(), 3u);
}

TEST(FlightRecorder, values_out_of_range_are_bounded) {
  FlightRecorder recorder;
  recorder.note(kStall, 1, -5);
  recorder.note(kStall, 2, Tick{1} << 40);
  EXPECT_EQ(recorder.records()[0].value, 0u);
  EXPECT_EQ(recorder.records()[1].value, UINT32_MAX);
}

TEST(FlightRecorder, every_event_has_a_word_of_its_own) {
  std::set<std::string> words;
  for (int i = 0; i <= static_cast<int>(kStall); ++i) {
    EXPECT_TRUE(words.insert(to_string(static_cast<LivenessEvent>(i))).second);
  }
}

}  // namespace
}  // namespace talkbeat
