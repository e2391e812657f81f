#pragma once

#include <cstdint>

namespace talkbeat {

/// Milliseconds since some start that never moves backwards. All timeouts are counted in it.
using Tick = int64_t;

/// The seam to time: SystemClock in production, a simulated one in tests. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  /// Monotonic; setting the wall clock does not change it. The event loop reads it once a turn: ask the loop.
  virtual Tick now() const = 0;
  /// Seconds since 1970 (UTC), for messages and logs only, never for timeouts.
  virtual int64_t unix_seconds() const = 0;
  /// The same, finer: tells which of two logins on different servers was the later one.
  virtual int64_t unix_milliseconds() const { return unix_seconds() * 1000; }
};

class SystemClock final : public Clock {
 public:
  Tick now() const override;
  int64_t unix_seconds() const override;
  int64_t unix_milliseconds() const override;
};

}  // namespace talkbeat
