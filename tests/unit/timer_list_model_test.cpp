#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "base/timer_list.h"

namespace talkbeat {
namespace {

// The same operations on the wheel and on a sorted multimap, which is slow and plainly right.
class Model {
 public:
  explicit Model(uint64_t seed) : random_(seed), list_(start_of(seed)) {
    for (size_t i = 0; i < kTimers; ++i) timers_.emplace_back(list_, [this, i] { fired_.push_back(i); });
  }

  void step() {
    const size_t i = random_() % kTimers;
    switch (random_() % 8) {
      case 0:
        cancel(i);
        break;
      case 1:
        advance(random_delay());
        break;
      case 2:
        to_next_due();
        break;
      case 3:
        start(i, random_delay(), true);
        break;
      default:
        start(i, random_delay(), false);
        break;
    }
    check_next_due();
  }

 private:
  static constexpr size_t kTimers = 40;
  struct Armed {
    Tick deadline;
    uint64_t order;
    Tick interval;
  };

  // Near the places where higher bytes of the time change.
  static Tick start_of(uint64_t seed) {
    constexpr std::array<Tick, 6> kStarts{0, 250, 65'500, (1 << 24) - 100, (Tick{1} << 32) - 5'000, 987'654'321};
    return kStarts[seed % kStarts.size()];
  }
  Tick random_delay() {
    const auto bits = random_() % 27;
    return static_cast<Tick>(random_() % (uint64_t{1} << bits)) + 1;
  }

  void start(size_t i, Tick delay, bool periodic) {
    periodic ? timers_[i].start_every(delay) : timers_[i].start_once(delay);
    model_[i] = Armed{list_.now() + delay, ++order_, periodic ? delay : 0};
  }
  void cancel(size_t i) {
    timers_[i].cancel();
    model_[i].reset();
  }
  void to_next_due() {
    const Tick due = list_.next_due();
    if (due != TimerList::kNever) advance(due - list_.now());
  }

  void advance(Tick by) {
    const Tick now = list_.now() + by;
    std::map<std::pair<Tick, size_t>, size_t> due;  // equal deadlines: compared without their order
    for (size_t i = 0; i < kTimers; ++i) {
      if (model_[i] && model_[i]->deadline <= now) due[{model_[i]->deadline, i}] = i;
    }
    deadlines_.clear();
    for (const auto& [key, i] : due) deadlines_[i] = key.first;
    for (const auto& [key, i] : due) {
      Armed& armed = *model_[i];
      while (armed.interval > 0 && armed.deadline <= now)
        armed.deadline += (now - armed.deadline) / armed.interval * armed.interval + armed.interval;
      if (armed.interval == 0) model_[i].reset();
    }
    fired_.clear();
    list_.advance(now);
    check_fired();
  }

  void check_fired() {
    ASSERT_EQ(fired_.size(), deadlines_.size());
    Tick last = 0;
    for (const size_t i : fired_) {
      ASSERT_TRUE(deadlines_.contains(i)) << i;
      ASSERT_GE(deadlines_[i], last);
      last = deadlines_[i];
    }
  }
  void check_next_due() {
    Tick first = TimerList::kNever;
    for (size_t i = 0; i < kTimers; ++i) {
      ASSERT_EQ(timers_[i].armed(), model_[i].has_value());
      if (model_[i]) first = std::min(first, model_[i]->deadline);
    }
    ASSERT_LE(list_.next_due(), first);
    ASSERT_EQ(list_.next_due() == TimerList::kNever, first == TimerList::kNever);
    if (first != TimerList::kNever) {
      ASSERT_GT(list_.next_due(), list_.now());
    }
  }

  std::mt19937_64 random_;
  TimerList list_;
  std::deque<Timer> timers_;
  std::array<std::optional<Armed>, kTimers> model_;
  uint64_t order_ = 0;
  std::vector<size_t> fired_;
  std::map<size_t, Tick> deadlines_;
};

TEST(TimerListModel, the_wheel_does_what_a_sorted_list_would_do) {
  for (uint64_t seed = 0; seed < 24; ++seed) {
    SCOPED_TRACE(seed);
    Model model(seed);
    for (int i = 0; i < 2'000; ++i) {
      model.step();
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace talkbeat
