#include "msg_server/drain_schedule.h"

#include <gtest/gtest.h>

#include <vector>

#include "msg_server/place_list.h"

namespace talkbeat {
namespace {

constexpr Tick kStep = 100;

// How many have been told after each step.
std::vector<size_t> told_by_step(size_t clients, Tick spread) {
  DrainSchedule schedule(0);
  std::vector<size_t> told;
  size_t all = 0;
  for (Tick now = 0; all < clients; now += kStep) {
    all += schedule.take(now, spread, clients - all);
    told.push_back(all);
  }
  return told;
}

TEST(DrainSchedule, clients_are_spread_evenly_over_the_time) {
  const std::vector<size_t> told = told_by_step(10'000, 10'000);
  EXPECT_LE(told.size(), 101u);
  for (size_t step = 1; step < told.size(); ++step) {
    EXPECT_NEAR(static_cast<double>(told[step]), 100.0 * static_cast<double>(step), 2) << step;
  }
}

TEST(DrainSchedule, few_clients_are_spread_over_all_of_the_time_and_the_first_goes_at_once) {
  const std::vector<size_t> told = told_by_step(4, 10'000);
  EXPECT_EQ(told[0], 1u);
  EXPECT_EQ(told[30], 1u);
  EXPECT_EQ(told[50], 2u);
  EXPECT_EQ(told[90], 3u);
  EXPECT_EQ(told.back(), 4u);
  EXPECT_LE(told.size(), 101u);
}

TEST(DrainSchedule, one_client_is_told_at_once) {
  EXPECT_EQ(told_by_step(1, 10'000).size(), 1u);
}

TEST(DrainSchedule, no_clients_are_no_work) {
  DrainSchedule schedule(0);
  EXPECT_EQ(schedule.take(0, 1'000, 0), 0u);
  EXPECT_EQ(schedule.take(2'000, 1'000, 0), 0u);
}

TEST(DrainSchedule, a_late_step_makes_up_for_what_was_missed) {
  DrainSchedule schedule(0);
  size_t told = schedule.take(0, 1'000, 100);
  told += schedule.take(500, 1'000, 100 - told);
  EXPECT_NEAR(static_cast<double>(told), 50, 1);
}

TEST(DrainSchedule, those_who_leave_by_themselves_do_not_hurry_the_others) {
  DrainSchedule schedule(0);
  size_t told = schedule.take(0, 1'000, 100);
  told += schedule.take(500, 1'000, 100 - told);
  EXPECT_EQ(schedule.take(600, 1'000, 10), 2u);
  EXPECT_EQ(schedule.take(700, 1'000, 8), 2u);
}

TEST(DrainSchedule, at_the_end_of_the_time_everybody_is_told) {
  DrainSchedule schedule(0);
  schedule.take(0, 1'000, 100);
  EXPECT_EQ(schedule.take(1'000, 1'000, 99), 99u);
}

TEST(DrainSchedule, no_step_tells_more_than_its_limit) {
  const std::vector<size_t> told = told_by_step(3 * DrainSchedule::kMaxStep, 1);
  EXPECT_EQ(told[1], 1 + DrainSchedule::kMaxStep);
  EXPECT_EQ(told.back(), 3 * DrainSchedule::kMaxStep);
}

TbPlacesRsp places(std::initializer_list<uint32_t> clients) {
  TbPlacesRsp answer;
  uint32_t port = 1;
  for (const uint32_t count : clients) {
    TbPlace& place = *answer.add_places();
    place.set_ip("");
    place.set_port(port++);
    place.set_clients(count);
  }
  return answer;
}

TEST(PlaceList, places_are_dealt_out_in_turn_until_each_is_used_up) {
  const TbPlacesRsp answer = places({3, 1, 0, 2});
  PlaceList list(answer);
  std::vector<uint32_t> dealt;
  while (const TbPlace* place = list.next()) dealt.push_back(place->port());
  EXPECT_EQ(dealt, (std::vector<uint32_t>{1, 2, 4, 1, 4, 1}));
  EXPECT_EQ(list.next(), nullptr);
}

TEST(PlaceList, an_empty_answer_has_no_places) {
  const TbPlacesRsp answer;
  EXPECT_EQ(PlaceList(answer).next(), nullptr);
}

}  // namespace
}  // namespace talkbeat
