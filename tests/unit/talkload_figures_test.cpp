#include "tools/talkload/figures.h"

#include <gtest/gtest.h>

namespace talkbeat::load {
namespace {

Sample sample(double at_s, uint64_t delivered, uint64_t latency_ns = 1000) {
  Sample result;
  result.at_s = at_s;
  result.totals.delivered = delivered;
  result.latency.record(latency_ns);
  return result;
}

TEST(LoadFigures, a_sample_is_the_same_behind_a_pipe) {
  Sample before = sample(1.25, 17);
  uint64_t number = 1;
  for (const CounterField& field : kCounterFields) before.totals.*field.member = number++ * 1000;
  const std::string bytes = encode(before);
  const auto after = decode_sample(bytes);
  ASSERT_TRUE(after.has_value());
  EXPECT_EQ(after->at_s, before.at_s);
  EXPECT_EQ(after->totals, before.totals);
  EXPECT_EQ(after->latency.encode(), before.latency.encode());
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(decode_sample(std::string_view(bytes).substr(0, length)).has_value()) << length;
  }
}

TEST(LoadFigures, only_the_measured_part_counts) {
  RunFigures figures(1, {.begin_s = 1, .end_s = 3});
  figures.add(0, sample(1, 1000, 9'000'000));
  figures.add(0, sample(2, 1500));
  figures.add(0, sample(3, 2000));
  figures.add(0, sample(4, 2001, 9'000'000));
  EXPECT_EQ(figures.measured().delivered, 1000U);
  EXPECT_EQ(figures.rate(&Counters::delivered), 500);
  EXPECT_EQ(figures.latency().count(), 2U);
  EXPECT_EQ(figures.latency().max(), 1000U);
  EXPECT_EQ(figures.totals().delivered, 2001U);
}

TEST(LoadFigures, in_an_open_loop_the_latency_of_stragglers_counts_and_their_number_does_not) {
  RunFigures figures(1, {.begin_s = 1, .end_s = 3, .with_stragglers = true});
  figures.add(0, sample(1, 1000, 1));
  figures.add(0, sample(3, 2000));
  figures.add(0, sample(4, 2001, 9'000'000));
  EXPECT_EQ(figures.measured().delivered, 1000U);
  EXPECT_EQ(figures.latency().count(), 2U);
  EXPECT_EQ(figures.latency().max(), 9'000'000U);
}

TEST(LoadFigures, processes_add_up) {
  RunFigures figures(2, {.begin_s = 0, .end_s = 2});
  figures.add(0, sample(1, 100));
  figures.add(1, sample(1, 300));
  figures.add(1, sample(2, 600));
  figures.add(0, sample(2, 200));
  ASSERT_EQ(figures.time_line().size(), 2U);
  EXPECT_EQ(figures.time_line()[0].per_second(&Counters::delivered), 400);
  EXPECT_EQ(figures.time_line()[1].per_second(&Counters::delivered), 400);
  EXPECT_EQ(figures.measured_s(), 2);
  EXPECT_EQ(figures.rate(&Counters::delivered), 400);
}

TEST(LoadFigures, a_sample_that_is_late_counts_for_the_second_that_it_tells_of) {
  RunFigures figures(1, {.begin_s = 0, .end_s = 10});
  figures.add(0, sample(1.05, 105));
  figures.add(0, sample(2.1, 210));
  ASSERT_EQ(figures.time_line().size(), 2U);
  EXPECT_NEAR(figures.time_line()[0].per_second(&Counters::delivered), 100, 1e-9);
  EXPECT_NEAR(figures.time_line()[1].per_second(&Counters::delivered), 100, 1e-9);
}

TEST(LoadFigures, the_last_step_is_shown_once_all_processes_have_told_of_it) {
  RunFigures figures(2, {.begin_s = 0, .end_s = 10});
  EXPECT_FALSE(figures.latest().has_value());
  figures.add(0, sample(0.98, 100));
  EXPECT_FALSE(figures.latest().has_value());
  figures.add(1, sample(0.99, 100));
  ASSERT_TRUE(figures.latest().has_value());
  EXPECT_EQ(figures.latest()->counters.delivered, 200U);
  figures.add(1, sample(1.99, 300));
  EXPECT_EQ(figures.latest()->counters.delivered, 200U);
}

TEST(LoadFigures, a_process_that_begins_anew_keeps_what_it_had_done) {
  RunFigures figures(1, {.begin_s = 0, .end_s = 10});
  figures.add(0, sample(1, 100));
  figures.add(0, sample(2, 30));
  EXPECT_EQ(figures.totals().delivered, 130U);
  EXPECT_EQ(figures.measured().delivered, 130U);
}

TEST(LoadFigures, a_long_run_takes_no_more_memory_and_loses_nothing) {
  constexpr uint64_t kSeconds = 10'000;
  RunFigures figures(1, {.begin_s = 0, .end_s = kSeconds});
  for (uint64_t second = 1; second <= kSeconds; ++second)
    figures.add(0, sample(static_cast<double>(second), second * 7));
  EXPECT_LE(figures.time_line().size(), 600U);
  uint64_t delivered = 0;
  for (const Interval& step : figures.time_line()) {
    delivered += step.counters.delivered;
    EXPECT_NEAR(step.per_second(&Counters::delivered), 7, 1e-9) << step.at_s;
  }
  EXPECT_EQ(delivered, kSeconds * 7);
  EXPECT_EQ(figures.rate(&Counters::delivered), 7);
}

TEST(LoadFigures, nothing_is_said_of_a_run_that_nobody_told_of) {
  const RunFigures figures(3, {.begin_s = 0, .end_s = 10});
  EXPECT_EQ(figures.rate(&Counters::delivered), 0);
  EXPECT_EQ(figures.measured_s(), 0);
  EXPECT_TRUE(figures.time_line().empty());
}

}  // namespace
}  // namespace talkbeat::load
