#include "tools/talkload/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace talkbeat::load {
namespace {

constexpr double kError = 1.0 / 64;

TEST(LoadHistogram, empty_one_says_nothing) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.min(), 0U);
  EXPECT_EQ(histogram.max(), 0U);
  EXPECT_EQ(histogram.mean(), 0);
  EXPECT_EQ(histogram.at(0.5), 0U);
  histogram.for_each_bucket([](uint64_t, uint64_t, uint64_t) { FAIL(); });
}

TEST(LoadHistogram, one_value_is_given_back_exactly) {
  Histogram histogram;
  histogram.record(1'234'567);
  for (const double quantile : {0.0, 0.5, 0.99, 1.0}) EXPECT_EQ(histogram.at(quantile), 1'234'567U) << quantile;
  EXPECT_EQ(histogram.mean(), 1'234'567);
}

TEST(LoadHistogram, small_values_are_exact) {
  Histogram histogram;
  for (uint64_t ns = 0; ns < 64; ++ns) histogram.record(ns);
  EXPECT_EQ(histogram.at(0.5), 31U);
  EXPECT_EQ(histogram.at(0.25), 15U);
  EXPECT_EQ(histogram.min(), 0U);
  EXPECT_EQ(histogram.max(), 63U);
}

TEST(LoadHistogram, buckets_follow_each_other_without_a_gap_and_are_narrow) {
  for (uint64_t ns = 0; ns < 5'000'000'000'000;) {
    Histogram one;
    one.record(ns);
    uint64_t upper_end = 0;
    one.for_each_bucket([&](uint64_t lower, uint64_t upper, uint64_t count) {
      EXPECT_EQ(lower, ns);
      EXPECT_EQ(count, 1U);
      EXPECT_LE(static_cast<double>(upper - lower), 2 * kError * static_cast<double>(lower));
      upper_end = upper;
    });
    one.record(upper_end);
    one.for_each_bucket([&](uint64_t, uint64_t, uint64_t count) { EXPECT_EQ(count, 2U) << ns; });
    ASSERT_GE(upper_end, ns);
    ns = upper_end + 1;
  }
}

TEST(LoadHistogram, quantiles_are_off_by_sixteen_thousandths_at_the_most) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> latencies(13, 2);
  Histogram histogram;
  std::vector<uint64_t> values;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(static_cast<uint64_t>(latencies(random)));
    histogram.record(values.back());
  }
  std::ranges::sort(values);
  for (const double quantile : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999}) {
    const auto rank = static_cast<size_t>(std::ceil(quantile * static_cast<double>(values.size())));
    const auto exact = static_cast<double>(values[rank - 1]);
    EXPECT_NEAR(static_cast<double>(histogram.at(quantile)), exact, exact * kError + 1) << quantile;
  }
  EXPECT_EQ(histogram.at(1), values.back());
}

TEST(LoadHistogram, what_lasts_longer_than_two_hours_counts_as_the_last_bucket) {
  Histogram histogram;
  histogram.record(1'000);
  histogram.record(UINT64_MAX);
  EXPECT_EQ(histogram.max(), UINT64_MAX);
  EXPECT_EQ(histogram.at(1), UINT64_MAX);
  uint64_t last_upper = 0;
  histogram.for_each_bucket([&](uint64_t, uint64_t upper, uint64_t) { last_upper = upper; });
  EXPECT_EQ(last_upper, UINT64_MAX);
}

TEST(LoadHistogram, two_together_are_as_if_all_had_been_recorded_in_one) {
  Histogram one;
  Histogram two;
  Histogram all;
  for (uint64_t i = 1; i < 1000; ++i) {
    (i % 3 == 0 ? one : two).record(i * i * 37);
    all.record(i * i * 37);
  }
  one.add(two);
  EXPECT_EQ(one.count(), all.count());
  EXPECT_EQ(one.encode(), all.encode());
}

TEST(LoadHistogram, many_at_once_count_as_many) {
  Histogram histogram;
  histogram.record(10, 99);
  histogram.record(50);
  histogram.record(60, 0);
  EXPECT_EQ(histogram.count(), 100U);
  EXPECT_EQ(histogram.at(0.99), 10U);
  EXPECT_EQ(histogram.max(), 50U);
}

TEST(LoadHistogram, is_the_same_behind_a_pipe) {
  Histogram histogram;
  for (uint64_t i = 0; i < 40; ++i) histogram.record(uint64_t{1} << i, i + 1);
  const auto copy = Histogram::decode(histogram.encode());
  ASSERT_TRUE(copy.has_value());
  EXPECT_EQ(copy->encode(), histogram.encode());
  EXPECT_EQ(copy->count(), histogram.count());
  EXPECT_EQ(copy->at(0.5), histogram.at(0.5));
  EXPECT_EQ(copy->min(), histogram.min());
  EXPECT_EQ(copy->mean(), histogram.mean());
  EXPECT_TRUE(Histogram::decode(Histogram().encode()).has_value());
}

TEST(LoadHistogram, bytes_that_are_cut_short_or_wrong_give_nothing) {
  Histogram histogram;
  histogram.record(5'000'000, 300);
  const std::string bytes = histogram.encode();
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(Histogram::decode(std::string_view(bytes).substr(0, length)).has_value()) << length;
  }
  EXPECT_FALSE(Histogram::decode(bytes + "\xff\xff\xff\xff\x7f\x01").has_value()) << "a bucket that is none";
}

}  // namespace
}  // namespace talkbeat::load
