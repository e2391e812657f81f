#pragma once

#include <algorithm>

#include "base/clock.h"

namespace talkbeat {

/// Lets `rate` things a second pass, and a burst of up to `burst` after a quiet time. A pure core: time is passed in.
/// Counts in thousandths, so that it is exact at a millisecond's resolution. Each connection has some, so they are
/// small.
class TokenBucket {
 public:
  TokenBucket(int64_t rate_per_second, int64_t burst, Tick now) : filled_at_(now) {
    set_limits(rate_per_second, burst);
    level_ = capacity_;
  }

  static constexpr int64_t kMost = 2'000'000;  ///< of rate and burst

  /// Takes one token; false: none is left, see wait_ms().
  bool take(Tick now) {
    fill(now);
    if (level_ < 1000) return false;
    level_ -= 1000;
    return true;
  }
  /// New limits count from now on; what is there stays, up to the new burst.
  void set_limits(int64_t rate_per_second, int64_t burst) {
    rate_ = static_cast<int32_t>(std::min(rate_per_second, kMost));
    capacity_ = static_cast<int32_t>(std::min(burst, kMost) * 1000);
    level_ = std::min(level_, capacity_);
  }
  /// How long until take() succeeds.
  Tick wait_ms() const { return level_ >= 1000 || rate_ == 0 ? 0 : (1000 - level_ + rate_ - 1) / rate_; }

 private:
  void fill(Tick now) {
    if (now == filled_at_) return;
    // A millisecond brings `rate` thousandths; more than the capacity is never needed (and could overflow).
    const Tick useful = rate_ == 0 ? 0 : capacity_ / rate_ + 1;
    level_ = static_cast<int32_t>(std::min<Tick>(capacity_, level_ + std::min(now - filled_at_, useful) * rate_));
    filled_at_ = now;
  }

  Tick filled_at_;
  int32_t rate_ = 0;
  int32_t capacity_ = 0;
  int32_t level_ = 0;
};

}  // namespace talkbeat
