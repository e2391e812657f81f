#include "base/rng.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <vector>

namespace talkbeat {
namespace {

/// Gives the numbers that a test chose.
class ScriptedRng final : public Rng {
 public:
  explicit ScriptedRng(std::vector<uint64_t> numbers) : numbers_(std::move(numbers)) {}
  void fill(std::span<std::byte> bytes) override {
    const auto raw = std::as_bytes(std::span(&numbers_.at(used_++), 1));
    std::copy(raw.begin(), raw.end(), bytes.begin());
  }
  size_t used() const { return used_; }

 private:
  std::vector<uint64_t> numbers_;
  size_t used_ = 0;
};

TEST(Rng, the_same_seed_gives_the_same_numbers) {
  SeededRng one(42);
  SeededRng two(42);
  SeededRng other(43);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const uint64_t number = one.next();
    EXPECT_EQ(number, two.next());
    differs = differs || number != other.next();
  }
  EXPECT_TRUE(differs);
}

TEST(Rng, below_stays_below) {
  SeededRng rng(1);
  EXPECT_EQ(rng.below(0), 0U);
  EXPECT_EQ(rng.below(1), 0U);
  for (const uint64_t bound : {uint64_t{2}, uint64_t{3}, uint64_t{1'000}, UINT64_MAX - 1, UINT64_MAX}) {
    for (int i = 0; i < 1'000; ++i) EXPECT_LT(rng.below(bound), bound);
  }
}

TEST(Rng, below_reaches_every_value_about_equally_often) {
  SeededRng rng(2);
  std::array<int, 7> counts{};
  for (int i = 0; i < 70'000; ++i) ++counts[rng.below(counts.size())];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
}

TEST(Rng, values_that_would_favour_small_results_are_drawn_again) {
  ScriptedRng rng({UINT64_MAX, UINT64_MAX - 1, 12});
  EXPECT_EQ(rng.below(10), 2U);
  EXPECT_EQ(rng.used(), 3U);
}

TEST(Rng, the_systems_numbers_do_not_repeat) {
  SystemRng rng;
  std::set<uint64_t> seen;
  for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(seen.insert(rng.next()).second);
}

}  // namespace
}  // namespace talkbeat
