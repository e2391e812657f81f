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

TEST(LoadFigures, ASampleIsTheSameBehindAPipe) {
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

TEST(LoadFigures, OnlyTheMeasuredPartCounts) {
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

TEST(LoadFigures, InAnOpenLoopTheLatencyOfStragglersCountsAndTheirNumberDoesNot) {
  RunFigures figures(1, {.begin_s = 1, .end_s = 3, .with_stragglers = true});
  figures.add(0, sample(1, 1000, 1));
  figures.add(0, sample(3, 2000));
  figures.add(0, sample(4, 2001, 9'000'000));
  EXPECT_EQ(figures.measured().delivered, 1000U);
  EXPECT_EQ(figures.latency().count(), 2U);
  EXPECT_EQ(figures.latency().max(), 9'000'000U);
}

TEST(LoadFigures, ProcessesAddUp) {
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

TEST(LoadFigures, ASampleThatIsLateCountsForTheSecondThatItTellsOf) {
  RunFigures figures(1, {.begin_s = 0, .end_s = 10});
  figures.add(0, sample(1.05, 105));
  figures.add(0, sample(2.1, 210));
  ASSERT_EQ(figures.time_line().size(), 2U);
  EXPECT_NEAR(figures.time_line()[0].per_second(&Counters::delivered), 100, 1e-9);
  EXPECT_NEAR(figures.time_line()[1].per_second(&Counters::delivered), 100, 1e-9);
}

TEST(LoadFigures, TheLastStepIsShownOnceAllProcessesHaveToldOfIt) {
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

TEST(LoadFigures, AProcessThatBeginsAnewKeepsWhatItHadDone) {
  RunFigures figures(1, {.begin_s = 0, .end_s = 10});
  figures.add(0, sample(1, 100));
  figures.add(0, sample(2, 30));
  EXPECT_EQ(figures.totals().delivered, 130U);
  EXPECT_EQ(figures.measured().delivered, 130U);
}

TEST(LoadFigures, ALongRunTakesNoMoreMemoryAndLosesNothing) {
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

TEST(LoadFigures, NothingIsSaidOfARunThatNobodyToldOf) {
  const RunFigures figures(3, {.begin_s = 0, .end_s = 10});
  EXPECT_EQ(figures.rate(&Counters::delivered), 0);
  EXPECT_EQ(figures.measured_s(), 0);
  EXPECT_TRUE(figures.time_line().empty());
}

}  // namespace
}  // namespace talkbeat::load
