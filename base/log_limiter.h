#pragma once

#include <cstdint>
#include <limits>

#include "base/clock.h"

namespace talkbeat {

/// How many lines a second the log takes, in windows of one second: an attack must not fill the disk or eat the loop's
/// time. Pure; the logger owns it and guards it.
///
///   if (!limiter.allow(now)) return;
///   if (const uint64_t count = limiter.take_dropped(now)) write("log_suppressed", count);
class LogLimiter {
 public:
  explicit LogLimiter(uint64_t max_per_second) : max_(max_per_second) {}

  void set_max_per_second(uint64_t max) { max_ = max; }

  /// Whether one more line may be written. Counts it, as written or as dropped.
  bool allow(Tick now) {
    if (now >= window_end_) {
      window_end_ = now + kWindowMs;
      written_ = 0;
    }
    const bool allowed = written_ < max_;
    ++(allowed ? written_ : dropped_);
    return allowed;
  }

  /// take_dropped() will tell of some, now or later.
  bool has_dropped() const { return dropped_ > 0; }
  /// The lines dropped until now, told once, and only when the window in which they were is over; else 0.
  uint64_t take_dropped(Tick now) {
    if (dropped_ == 0 || now < window_end_) return 0;
    const uint64_t count = dropped_;
    dropped_ = 0;
    return count;
  }

 private:
  static constexpr Tick kWindowMs = 1000;

  uint64_t max_;
  uint64_t written_ = 0;
  uint64_t dropped_ = 0;
  Tick window_end_ = std::numeric_limits<Tick>::min();
};

}  // namespace talkbeat
