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
/// cancelling are O(1), and advancing costs what is due, not what is armed. Timers that are due in more than half a
/// second are kept in coarser slots, and moved to finer ones in good time, a few at each advance(): as long as no more
/// than two million are due within one minute, no single advance() has to move many. A pure core: time is passed in.
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
  /// When to call advance() next: at the first deadline or, where timers have to be moved, before it. kNever where
  /// nothing is armed.
  Tick next_due() const;

  static constexpr Tick kNever = INT64_MAX;
  static constexpr Tick kMaxDelay = Tick{1} << 40;  // 34 years

 private:
  friend class Timer;

  // Level n counts in units of 256^n milliseconds, and has a slot for each of the 512 units that begin with the present
  // one. A timer is armed on the lowest level whose slots reach as far as its deadline. As soon as a unit of level n is
  // the one after the present one, the slots of level n-1 reach to its end: new timers for that time are armed there,
  // and those that the unit holds already are moved there, some at each advance(). What is left of them when the unit
  // begins is moved at once.
  static constexpr int kLevels = 5;
  static constexpr int kSlots = 512;
  // One advance() moves up to kMovesPerMs timers of each level for every millisecond that has passed, of which at most
  // kMoveEveryMs count; and while there is something to move, next_due() asks for an advance() that often.
  static constexpr Tick kMovesPerMs = 32;
  static constexpr Tick kMoveEveryMs = 16;
  using List = IntrusiveList<Timer, TimerTag>;
  struct Level {
    std::array<List, kSlots> slots;
    std::array<uint64_t, kSlots / 64> used{};  // one bit a slot; may be set for a slot that has become empty
    uint32_t used_words = 0;                   // one bit a word of `used` that is not 0
  };
  struct Place {
    int level;
    Tick unit;
    Tick time;
  };

  List& slot(int level, Tick unit);
  void note_used(int level, Tick unit);
  Tick first_used(int level) const;
  void insert(Timer& timer);
  void move_down(Timer& timer, int from_level);
  Place next_place() const;
  void open(const Place& place);
  void move_nearer(Tick passed);

  Tick now_;
  mutable std::array<Level, kLevels> levels_;
  List ready_;
  Timer* running_ = nullptr;
};

}  // namespace talkbeat
