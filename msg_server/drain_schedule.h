#pragma once

#include <cstddef>

#include "base/clock.h"

namespace talkbeat {

/// When the clients of a server that leaves are told: one after the other, evenly over the time that is left, whatever
/// comes between (some leave by themselves, a step comes late, the time is changed). The first one is told at once, and
/// at the end of the time everybody. A pure core.
///
///   DrainSchedule schedule(now);
///   const size_t count = schedule.take(now, end, untold);   // in each step
class DrainSchedule {
 public:
  explicit DrainSchedule(Tick begun_at) : last_(begun_at) {}

  /// How many of `untold` clients are to be told now, where all have to be told until `end`.
  size_t take(Tick now, Tick end, size_t untold);

  /// No step tells more than this at once.
  static constexpr size_t kMaxStep = 10'000;

 private:
  Tick last_;
  double due_ = 1;  // what the past time is worth, in clients; the first one is due at once
};

}  // namespace talkbeat
