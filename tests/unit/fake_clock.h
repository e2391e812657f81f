#pragma once

#include "base/clock.h"

namespace talkbeat {

/// Time as a test sets it: an hour passes in no time.
///
///   FakeClock clock;
///   clock.advance(3'600'000);
class FakeClock final : public Clock {
 public:
  Tick now() const override { return now_; }
  int64_t unix_seconds() const override { return unix_seconds_; }

  void advance(Tick ms) {
    now_ += ms;
    unix_seconds_ += ms / 1000;
  }
  /// What an operator or NTP does; the ticks go on as before.
  void set_wall_clock(int64_t unix_seconds) { unix_seconds_ = unix_seconds; }

 private:
  Tick now_ = 1'000'000;
  int64_t unix_seconds_ = 1'700'000'000;
};

}  // namespace talkbeat
