#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <list>
#include <memory>
#include <random>
#include <vector>

#include "base/timer_list.h"

// The timer list against the two classic ways: a linear list of timers that each tick walks, and a scan over an array
// of deadlines. Each holds so many timers (the argument), due within a minute; one that fires is armed for a minute
// again, as a timeout for each connection would be.
namespace talkbeat::bench {
namespace {

constexpr Tick kMinute = 60'000;

class Wheel {
 public:
  explicit Wheel(size_t count) {
    timers_.reserve(count);
    for (size_t i = 0; i < count; ++i) {
      timers_.push_back(std::make_unique<Timer>(list_, [this, i] {
        ++fired_;
        timers_[i]->start_once(kMinute);
      }));
      timers_[i]->start_once(1 + static_cast<Tick>(i * 7'919) % kMinute);
    }
  }
  void arm(size_t timer) { timers_[timer]->start_once(kMinute); }
  void tick(Tick now) { list_.advance(now); }
  uint64_t fired() const { return fired_; }

 private:
  TimerList list_{0};
  std::vector<std::unique_ptr<Timer>> timers_;
  uint64_t fired_ = 0;
};

class LinearList {
 public:
  explicit LinearList(size_t count) {
    for (size_t i = 0; i < count; ++i) timers_.push_back({i, 1 + static_cast<Tick>(i * 7'919) % kMinute});
  }
  void arm(size_t timer) { std::ranges::find(timers_, timer, &Entry::timer)->due = now_ + kMinute; }
  void tick(Tick now) {
    now_ = now;
    for (Entry& entry : timers_) {
      if (entry.due > now) continue;
      ++fired_;
      entry.due = now + kMinute;
    }
  }
  uint64_t fired() const { return fired_; }

 private:
  struct Entry {
    size_t timer;
    Tick due;
  };
  std::list<Entry> timers_;
  Tick now_ = 0;
  uint64_t fired_ = 0;
};

class Scan {
 public:
  explicit Scan(size_t count) : due_(count) {
    for (size_t i = 0; i < count; ++i) due_[i] = 1 + static_cast<Tick>(i * 7'919) % kMinute;
  }
  void arm(size_t timer) { due_[timer] = now_ + kMinute; }
  void tick(Tick now) {
    now_ = now;
    for (Tick& due : due_) {
      if (due > now) continue;
      ++fired_;
      due = now + kMinute;
    }
  }
  uint64_t fired() const { return fired_; }

 private:
  std::vector<Tick> due_;
  Tick now_ = 0;
  uint64_t fired_ = 0;
};

// What this thread has used: other programs do not count.
double cpu_microseconds() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) / 1e3;
}

template <class Way>
void arm_timer(benchmark::State& state) {
  const auto count = static_cast<size_t>(state.range(0));
  Way way(count);
  std::mt19937 random(1);
  std::uniform_int_distribution<size_t> any(0, count - 1);
  for (auto _ : state) way.arm(any(random));
  state.SetItemsProcessed(state.iterations());
}

// A tick each millisecond for so long: the mean, and (what a server's clients feel) the worst one.
template <class Way>
void run_ticks(benchmark::State& state, Tick ticks) {
  Way way(static_cast<size_t>(state.range(0)));
  Tick now = 0;
  std::vector<double> took;
  took.reserve(static_cast<size_t>(ticks));
  for (auto _ : state) {
    for (const Tick end = now + ticks; now < end;) {
      const double begin = cpu_microseconds();
      way.tick(++now);
      took.push_back(cpu_microseconds() - begin);
    }
  }
  std::ranges::sort(took);
  const auto at = [&took](double part) {
    return took[static_cast<size_t>(static_cast<double>(took.size() - 1) * part)];
  };
  state.counters["median_us"] = at(0.5);
  state.counters["p999_us"] = at(0.999);
  state.counters["worst_us"] = took.back();
  state.counters["fired_per_tick"] = static_cast<double>(way.fired()) / static_cast<double>(took.size());
}

// More than two minutes of the wheel's time: its largest slots but one are opened twice.
void wheel_ticks(benchmark::State& state) {
  run_ticks<Wheel>(state, 140'000);
}
void linear_list_ticks(benchmark::State& state) {
  run_ticks<LinearList>(state, 200);
}
void scan_ticks(benchmark::State& state) {
  run_ticks<Scan>(state, 200);
}

constexpr int kSmall = 20'000;
constexpr int kLarge = 1'000'000;

BENCHMARK(wheel_ticks)->Arg(kSmall)->Arg(kLarge)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(scan_ticks)->Arg(kSmall)->Arg(kLarge)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(linear_list_ticks)->Arg(kSmall)->Arg(kLarge)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(arm_timer<Wheel>)->Arg(kSmall)->Arg(kLarge);
BENCHMARK(arm_timer<Scan>)->Arg(kSmall)->Arg(kLarge);
BENCHMARK(arm_timer<LinearList>)->Arg(kSmall);

// So many armed, nothing due.
void wheel_tick_with_nothing_due(benchmark::State& state) {
  TimerList list(0);
  std::vector<std::unique_ptr<Timer>> timers;
  for (int64_t i = 0; i < state.range(0); ++i) {
    timers.push_back(std::make_unique<Timer>(list, [] {}));
    timers.back()->start_once(TimerList::kMaxDelay - i);
  }
  Tick now = 0;
  for (auto _ : state) list.advance(++now);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(wheel_tick_with_nothing_due)->Arg(kSmall)->Arg(kLarge);

}  // namespace
}  // namespace talkbeat::bench
