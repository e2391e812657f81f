#pragma once

#include <algorithm>

#include "base/clock.h"
#include "base/rng.h"

namespace talkbeat {

struct BackoffPolicy {
  Tick first_ms = 500;
  Tick max_ms = 15'000;
};

/// How long to wait before the next try: a uniformly random share of min(max, first * 2^n) ("full jitter", Brooker,
/// AWS Architecture Blog 2015), so that those who lost the same server do not come back in the same moment. A pure
/// core.
class Backoff {
 public:
  explicit Backoff(const BackoffPolicy& policy) : policy_(policy) {}

  Tick next_delay(Rng& rng) {
    const Tick ceiling = std::min(policy_.max_ms, policy_.first_ms << std::min(failures_, kMaxDoublings));
    ++failures_;
    return static_cast<Tick>(rng.below(static_cast<uint64_t>(ceiling) + 1));
  }
  /// Only once a connection has proved itself: else a server that accepts and closes is asked without a pause.
  void reset() { failures_ = 0; }
  int failures() const { return failures_; }

 private:
  static constexpr int kMaxDoublings = 30;

  BackoffPolicy policy_;
  int failures_ = 0;
};

}  // namespace talkbeat
