#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"

namespace talkbeat::sim {

/// Simulated time, and everything that is going to happen in it, in order: what is due in the same millisecond runs in
/// the order in which it was planned. One for a whole simulation; its only thread.
///
///   Scheduler scheduler;
///   scheduler.after(5, owner, [] { … });  // dropped, if the owner has been forgotten by then
///   scheduler.run_until(600'000);
class Scheduler {
 public:
  /// Whoever may die before what it has planned is due: a process. Never reused.
  using Owner = uint32_t;
  static constexpr Owner kWorld = 0;  ///< lives as long as the simulation

  Scheduler() : alive_{true} {}

  Tick now() const { return now_; }
  uint64_t steps() const { return steps_; }

  Owner add_owner();
  /// What it has planned does not happen any more.
  void forget(Owner owner) { alive_[owner] = false; }

  void at(Tick when, Owner owner, Task task);
  void after(Tick delay, Owner owner, Task task) { at(now_ + delay, owner, std::move(task)); }
  /// Runs what is due until then, or until stop().
  void run_until(Tick end);
  void stop() { stopped_ = true; }

 private:
  // What the heap moves about is small: the tasks lie still.
  struct Due {
    Tick at;
    uint64_t number;
    uint32_t slot;
  };
  struct Later {
    bool operator()(const Due& left, const Due& right) const {
      return left.at != right.at ? left.at > right.at : left.number > right.number;
    }
  };
  struct Event {
    Owner owner = kWorld;
    Task task;
  };

  Tick now_ = 0;
  uint64_t number_ = 0;
  uint64_t steps_ = 0;
  bool stopped_ = false;
  std::vector<Due> heap_;
  std::vector<Event> events_;
  std::vector<uint32_t> free_slots_;
  std::vector<bool> alive_;
};

}  // namespace talkbeat::sim
