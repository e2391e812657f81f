#include "tools/talkload/pacing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "tools/talkload/beat_ring.h"
#include "tools/talkload/scenario.h"

namespace talkbeat::load {
namespace {

TEST(OpenSchedule, intended_times_do_not_move_when_the_sender_is_late) {
  OpenSchedule schedule(1'000'000, 1'000, 0);  // one each millisecond
  EXPECT_FALSE(schedule.due(999'999));
  EXPECT_EQ(schedule.take(), 1'000'000u);
  EXPECT_TRUE(schedule.due(9'000'000));
  EXPECT_EQ(schedule.take(), 2'000'000u);
  EXPECT_EQ(schedule.take(), 3'000'000u);
  EXPECT_EQ(schedule.taken(), 3u);
}

TEST(OpenSchedule, what_is_due_can_be_given_up) {
  OpenSchedule schedule(1'000'000, 1'000, 0);
  EXPECT_EQ(schedule.give_up(999'999), 0u);
  EXPECT_EQ(schedule.give_up(4'500'000), 4u);
  EXPECT_EQ(schedule.take(), 5'000'000u);
}

TEST(ProcessShare, a_rate_is_dealt_out_as_the_things_are) {
  const auto part = [](uint32_t process) { return ProcessShare{process, 4, 0}.rate_of(900, 3); };
  EXPECT_DOUBLE_EQ(part(0) + part(1) + part(2) + part(3), 900);
  EXPECT_DOUBLE_EQ(part(0), 0) << "this one has none";
  EXPECT_DOUBLE_EQ(part(3), 300);
}

TEST(OpenSchedule, processes_send_in_between_each_other) {
  const OpenSchedule half(0, 1'000, 0.5);
  EXPECT_EQ(half.next_ns(), 500'000u);
}

TEST(OpenSchedule, a_rate_that_is_no_whole_number_does_not_drift) {
  OpenSchedule schedule(0, 3, 0);
  for (int i = 0; i < 3'000; ++i) schedule.take();
  EXPECT_EQ(schedule.next_ns(), 1'000'000'000'000u);
}

TEST(Allowance, lets_so_many_through_each_second) {
  Allowance allowance(100);
  uint32_t taken = 0;
  for (int64_t now = 0; now <= 10'000; now += 10) taken += allowance.take(now, 1'000);
  EXPECT_NEAR(taken, 1'000, 2);
}

TEST(Allowance, a_pause_saves_up_little) {
  Allowance allowance(100);
  allowance.take(0, 0);
  EXPECT_LE(allowance.take(60'000, 1'000), 10u);
}

TEST(Allowance, none_is_no_limit) {
  Allowance allowance(0);
  EXPECT_EQ(allowance.take(0, 7), 7u);
}

TEST(BeatRing, each_client_beats_once_an_interval_a_tenth_more_or_less) {
  BeatRing ring(20'000, 7, 0);
  constexpr uint32_t kClients = 500;
  for (uint32_t client = 0; client < kClients; ++client) ring.add(client);
  std::map<uint32_t, int64_t> last;
  std::map<uint32_t, int> beats;
  for (int64_t now = 0; now <= 400'000; now += 10) {
    ring.advance(now, [&](uint32_t client) {
      if (last.contains(client)) {
        EXPECT_GE(now - last[client], 17'900);
        EXPECT_LE(now - last[client], 22'100);
      }
      last[client] = now;
      ++beats[client];
      return true;
    });
  }
  ASSERT_EQ(beats.size(), kClients);
  for (const auto& [client, count] : beats) EXPECT_NEAR(count, 20, 2) << client;
}

// Held up for so long that some were due twice: each beats once at once, and again within an interval of that moment.
TEST(BeatRing, after_a_pause_nobody_is_silent_for_more_than_an_interval) {
  BeatRing ring(20'000, 7, 0);
  constexpr uint32_t kClients = 500;
  for (uint32_t client = 0; client < kClients; ++client) ring.add(client);
  std::map<uint32_t, std::vector<int64_t>> beats;
  constexpr int64_t kPauseEnds = 33'000;
  for (int64_t now = kPauseEnds; now <= kPauseEnds + 22'000; now += 10) {
    ring.advance(now, [&](uint32_t client) {
      beats[client].push_back(now);
      return true;
    });
  }
  ASSERT_EQ(beats.size(), kClients);
  int in_the_first_half = 0;
  for (const auto& [client, times] : beats) {
    ASSERT_GE(times.size(), 2u) << client;
    EXPECT_EQ(times[0], kPauseEnds) << client;
    EXPECT_GE(times[1], kPauseEnds + 9'900) << client;
    EXPECT_LE(times[1], kPauseEnds + 20'100) << client;
    if (times[1] < kPauseEnds + 15'000) ++in_the_first_half;
  }
  EXPECT_NEAR(in_the_first_half, kClients / 2, kClients / 8) << "those who were late together drift apart";
}

TEST(BeatRing, who_is_out_does_not_come_again) {
  BeatRing ring(1'000, 1, 0);
  ring.add(5);
  int beats = 0;
  ring.advance(60'000, [&](uint32_t) {
    ++beats;
    return false;
  });
  EXPECT_EQ(beats, 1);
}

}  // namespace
}  // namespace talkbeat::load
