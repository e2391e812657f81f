#pragma once

#include <algorithm>

#include "base/clock.h"

namespace talkbeat {

/// Lets `rate` things a second pass, and a burst of up to `burst` after a quiet time. A pure core: time is passed in.
/// Counts in thousandths, so that it is exact at a millisecond's resolution.
class TokenBucket {
 public:
  TokenBucket(int64_t rate_per_second, int64_t burst, Tick now)
      : rate_(rate_per_second), capacity_(burst * 1000), level_(capacity_), filled_at_(now) {}

  /// Takes one token; false: none is left, see wait_ms().
  bool take(Tick now) {
    fill(now);
    if (level_ < 1000) return false;
    level_ -= 1000;
    return true;
  }
  /// New limits count from now on; what is there stays, up to the new burst.
  void set_limits(int64_t rate_per_second, int64_t burst) {
    rate_ = rate_per_second;
    capacity_ = burst * 1000;
    level_ = std::min(level_, capacity_);
  }
  /// How long until take() succeeds.
  Tick wait_ms() const { return level_ >= 1000 || rate_ == 0 ? 0 : (1000 - level_ + rate_ - 1) / rate_; }

 private:
  void fill(Tick now) {
    if (now == filled_at_) return;
    // A millisecond brings `rate` thousandths; more than the capacity is never needed (and could overflow).
    const Tick useful = rate_ == 0 ? 0 : capacity_ / rate_ + 1;
    level_ = std::min(capacity_, level_ + std::min(now - filled_at_, useful) * rate_);
    filled_at_ = now;
  }

  int64_t rate_;
  int64_t capacity_;
  int64_t level_;
  Tick filled_at_;
};

}  // namespace talkbeat
