#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <functional>

#include "base/clock.h"
#include "base/intrusive_list.h"

namespace talkbeat {

class TimerList;
struct TimerTag;

/// Calls something later, once or again and again. Arming an armed timer re-arms it; destroying it cancels it.
/// A callback may arm or cancel its own timer and any other one, but may not destroy its own.
///
///   Timer timer(loop.timers(), [this] { give_up(); });
///   timer.start_once(5'000);
class Timer : private ListNode<TimerTag> {
 public:
  Timer(TimerList& list, std::function<void()> callback) : list_(list), callback_(std::move(callback)) {}
  ~Timer();

  /// Due `delay` milliseconds after the list's time; at least 1.
  void start_once(Tick delay);
  /// Due every `interval` milliseconds, counted from now, whatever the callbacks take. After a stall it is due once,
  /// and the next time at the next whole multiple: what was missed is not made up for.
  void start_every(Tick interval);
  void cancel();
  bool armed() const { return linked(); }

 private:
  friend class TimerList;
  template <class T, class U>
  friend class IntrusiveList;

  void fire(Tick now);

  TimerList& list_;
  std::function<void()> callback_;
  Tick expiry_ = 0;
  Tick interval_ = 0;
};

/// The tick-based timer list, as a hierarchical timing wheel (Varghese and Lauck, 1987): adding, re-arming and
/// cancelling are O(1), and advancing costs what is due, not what is armed. A pure core: time is passed in.
class TimerList {
 public:
  explicit TimerList(Tick now) : now_(now) {}

  Tick now() const { return now_; }
  /// Time moves to `now`, from which delays count. What is due is detached, and waits for run_due(); until then it can
  /// be cancelled and re-armed.
  void move_to(Tick now);
  /// Runs what move_to() has detached, in the order of its deadlines. What a callback arms is not run in the same call.
  void run_due();
  /// Both.
  void advance(Tick now) {
    move_to(now);
    run_due();
  }
  /// When advance() will have something to do: never later than the first deadline. kNever where nothing is armed.
  Tick next_due() const;

  static constexpr Tick kNever = INT64_MAX;
  static constexpr Tick kMaxDelay = Tick{1} << 40;  // 34 years

 private:
  friend class Timer;

  // Level n counts in units of 256^n milliseconds. A timer hangs at the highest byte in which its deadline differs from
  // now_, so every used slot lies ahead of now_ on its level, and level 0 holds the next 256 ms.
  static constexpr int kLevels = 6;
  static constexpr int kSlots = 256;
  using List = IntrusiveList<Timer, TimerTag>;
  struct Level {
    std::array<List, kSlots> slots;
    std::array<uint64_t, kSlots / 64> used{};  // one bit a slot; may be set for a slot that has become empty
  };
  struct Place {
    int level;
    int slot;
    Tick time;
  };

  void insert(Timer& timer);
  Place next_place() const;
  void open(const Place& place);

  Tick now_;
  mutable std::array<Level, kLevels> levels_;
  List ready_;
  Timer* running_ = nullptr;
};

}  // namespace talkbeat
