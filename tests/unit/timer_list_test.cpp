#include "base/timer_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>

namespace talkbeat {
namespace {

constexpr Tick kHour = 3'600'000;
constexpr Tick kDay = 24 * kHour;

class TimerListTest : public ::testing::Test {
 protected:
  Timer& add(
      std::string name, std::function<void()> callback = [] {}) {
    return timers_.emplace_back(list, [this, name = std::move(name), callback = std::move(callback)] {
      fired += name;
      callback();
    });
  }
  Timer& once(const std::string& name, Tick delay) {
    Timer& timer = add(name);
    timer.start_once(delay);
    return timer;
  }

  TimerList list{1'000};
  std::string fired;

 private:
  std::deque<Timer> timers_;
};

TEST_F(TimerListTest, timers_run_in_the_order_of_their_deadlines) {
  once("c", 70'000);
  once("a", 10);
  once("d", 20'000'000);
  once("b", 300);
  list.advance(list.now() + kDay);
  EXPECT_EQ(fired, "abcd");
}

TEST_F(TimerListTest, equal_deadlines_run_in_the_order_of_arming) {
  for (const Tick delay : {5, 700, 70'000}) {
    once("a", delay);
    once("b", delay);
  }
  list.advance(list.now() + kHour);
  EXPECT_EQ(fired, "ababab");
}

TEST_F(TimerListTest, nothing_runs_a_millisecond_early) {
  for (const Tick delay : {1, 2, 255, 256, 257, 65'535, 65'536, 65'537, 1 << 24, (1 << 24) + 1}) {
    const Tick armed = list.now();
    fired.clear();
    once("x", delay);
    list.advance(armed + delay - 1);
    EXPECT_EQ(fired, "") << delay;
    list.advance(armed + delay);
    EXPECT_EQ(fired, "x") << delay;
  }
}

TEST_F(TimerListTest, a_delay_of_nothing_or_less_is_one_millisecond) {
  once("a", 0);
  once("b", -5);
  list.advance(list.now());
  EXPECT_EQ(fired, "");
  list.advance(list.now() + 1);
  EXPECT_EQ(fired, "ab");
}

TEST_F(TimerListTest, the_longest_delay_is_cut_and_still_waits) {
  once("a", INT64_MAX);
  list.advance(list.now() + TimerList::kMaxDelay - 1);
  EXPECT_EQ(fired, "");
  list.advance(list.now() + 1);
  EXPECT_EQ(fired, "a");
}

TEST_F(TimerListTest, arming_an_armed_timer_moves_it) {
  Timer& timer = once("a", 10);
  timer.start_once(500);
  list.advance(list.now() + 499);
  EXPECT_EQ(fired, "");
  timer.start_once(5);
  list.advance(list.now() + 5);
  list.advance(list.now() + kHour);
  EXPECT_EQ(fired, "a");
}

TEST_F(TimerListTest, a_cancelled_or_destroyed_timer_does_not_run) {
  once("a", 10).cancel();
  {
    Timer gone(list, [this] { fired += "gone"; });
    gone.start_once(10);
  }
  list.advance(list.now() + kHour);
  EXPECT_EQ(fired, "");
  EXPECT_EQ(list.next_due(), TimerList::kNever);
}

TEST_F(TimerListTest, a_callback_may_cancel_itself) {
  Timer* self = nullptr;
  Timer& timer = add("a", [&self] { self->cancel(); });
  self = &timer;
  timer.start_every(10);
  list.advance(list.now() + 100);
  EXPECT_FALSE(timer.armed());
  list.advance(list.now() + 100);
  EXPECT_EQ(fired, "a");
}

TEST_F(TimerListTest, a_callback_may_cancel_a_neighbour_that_is_due_now) {
  Timer* neighbour = nullptr;
  add("a", [&neighbour] { neighbour->cancel(); }).start_once(10);
  neighbour = &once("b", 10);
  once("c", 10);
  list.advance(list.now() + 10);
  EXPECT_EQ(fired, "ac");
}

TEST_F(TimerListTest, a_callback_may_destroy_a_neighbour_that_is_due_now) {
  auto neighbour = std::make_unique<Timer>(list, [this] { fired += "b"; });
  add("a", [&neighbour] { neighbour.reset(); }).start_once(10);
  neighbour->start_once(10);
  once("c", 11);
  list.advance(list.now() + 20);
  EXPECT_EQ(fired, "ac");
}

TEST_F(TimerListTest, a_callback_may_move_a_neighbour_that_is_due_now) {
  Timer* neighbour = nullptr;
  add("a", [&neighbour] { neighbour->start_once(5); }).start_once(10);
  neighbour = &once("b", 10);
  list.advance(list.now() + 10);
  EXPECT_EQ(fired, "a");
  list.advance(list.now() + 5);
  EXPECT_EQ(fired, "ab");
}

TEST_F(TimerListTest, what_a_callback_arms_is_not_run_in_the_same_call) {
  Timer* self = nullptr;
  Timer& timer = add("a", [&self] { self->start_once(0); });
  self = &timer;
  timer.start_once(10);
  list.advance(list.now() + kHour);
  EXPECT_EQ(fired, "a");
  list.advance(list.now() + 1);
  EXPECT_EQ(fired, "aa");
}

TEST_F(TimerListTest, a_periodic_timer_keeps_its_phase) {
  const Tick start = list.now();
  std::vector<Tick> times;
  add("", [&] { times.push_back(list.now() - start); }).start_every(100);
  for (const Tick at : {100, 205, 300, 390, 450}) list.advance(start + at);
  EXPECT_EQ(times, (std::vector<Tick>{100, 205, 300, 450}));
  list.advance(start + 499);
  EXPECT_EQ(times.size(), 4U);
  list.advance(start + 500);
  EXPECT_EQ(times.back(), 500);
}

TEST_F(TimerListTest, a_periodic_timer_runs_once_after_a_stall) {
  const Tick start = list.now();
  add("a").start_every(1'000);
  list.advance(start + kHour + 300);
  EXPECT_EQ(fired, "a");
  EXPECT_LE(list.next_due(), start + kHour + 1'000);
  list.advance(start + kHour + 999);
  EXPECT_EQ(fired, "a");
  list.advance(start + kHour + 1'000);
  EXPECT_EQ(fired, "aa");
}

TEST_F(TimerListTest, a_jump_of_the_clock_by_an_hour_or_a_day_loses_nothing) {
  for (const Tick jump : {kHour, kDay, 400 * kDay}) {
    fired.clear();
    once("a", jump / 2);
    once("b", jump);
    once("c", jump + 1);
    list.advance(list.now() + jump);
    EXPECT_EQ(fired, "ab");
    list.advance(list.now() + 1);
    EXPECT_EQ(fired, "abc");
  }
}

TEST_F(TimerListTest, time_does_not_go_backwards) {
  once("a", 10);
  list.advance(list.now() - 500);
  EXPECT_EQ(list.now(), 1'000);
  list.advance(1'010);
  EXPECT_EQ(fired, "a");
}

TEST_F(TimerListTest, what_is_due_can_still_be_cancelled_or_moved_before_it_runs) {
  Timer& cancelled = once("a", 10);
  Timer& moved = once("b", 10);
  once("c", 10);
  list.move_to(list.now() + 60);
  EXPECT_EQ(list.next_due(), list.now());
  cancelled.cancel();
  moved.start_once(100);
  list.run_due();
  EXPECT_EQ(fired, "c");
  list.advance(list.now() + 99);
  EXPECT_EQ(fired, "c");
  list.advance(list.now() + 1);
  EXPECT_EQ(fired, "cb");
}

TEST_F(TimerListTest, an_empty_hour_and_a_few_timers_cost_few_steps) {
  once("a", kHour - 1);
  int steps = 0;
  for (Tick due = list.next_due(); due != TimerList::kNever; due = list.next_due()) {
    list.advance(due);
    ++steps;
  }
  EXPECT_EQ(fired, "a");
  EXPECT_LE(steps, 4);
}

TEST_F(TimerListTest, timers_far_ahead_come_nearer_a_few_at_a_time) {
  constexpr int kMany = 10'000;
  int ran = 0;
  std::deque<Timer> many;
  for (int i = 0; i < kMany; ++i) many.emplace_back(list, [&ran] { ++ran; }).start_once(100'000 + i % 100);
  int steps = 0;
  for (Tick due = list.next_due(); due != TimerList::kNever; due = list.next_due()) {
    list.advance(due);
    ++steps;
  }
  EXPECT_EQ(ran, kMany);
  EXPECT_GE(steps, 100 + kMany / 1'024) << "those that are due, and many others: moved all at once";
  EXPECT_LE(steps, 200);
}

TEST_F(TimerListTest, equal_deadlines_run_in_the_order_of_arming_however_far_ahead_they_were) {
  for (const Tick distance : {Tick{1'000}, Tick{100'000}, Tick{20'000'000}}) {
    for (const Tick stride : {Tick{1}, Tick{37}, distance / 7, distance}) {
      TimerList own(300);
      std::vector<int> order;
      std::deque<Timer> timers;
      const Tick deadline = own.now() + distance;
      for (int i = 0; own.now() < deadline; ++i) {
        if (i < 200 || own.now() + stride >= deadline) {
          timers.emplace_back(own, [&order, i] { order.push_back(i); }).start_once(deadline - own.now());
        }
        own.advance(std::min(deadline, own.now() + std::max(stride, distance / 300)));
      }
      EXPECT_EQ(order.size(), timers.size());
      EXPECT_TRUE(std::ranges::is_sorted(order)) << distance << " " << stride;
    }
  }
}

TEST_F(TimerListTest, each_timer_waits_for_its_millisecond_wherever_the_list_stands_in_its_wheel) {
  for (const Tick edge : {Tick{255}, Tick{256}, Tick{65'535}, Tick{65'536}, Tick{1} << 24, (Tick{1} << 32) - 1}) {
    for (Tick start = edge - 3; start <= edge + 3; ++start) {
      for (const Tick delay : {1, 2, 3, 4, 255, 256, 257, 65'535, 65'536, 65'537}) {
        TimerList own(start);
        Tick at = -1;
        Timer timer(own, [&] { at = own.now(); });
        timer.start_once(delay);
        while (own.next_due() != TimerList::kNever) {
          ASSERT_LE(own.next_due(), start + delay);
          own.advance(own.next_due());
        }
        ASSERT_EQ(at, start + delay) << start << "+" << delay;
      }
    }
  }
}

}  // namespace
}  // namespace talkbeat
