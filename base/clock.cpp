#include "base/clock.h"

#include <chrono>

namespace talkbeat {

Tick SystemClock::now() const {
  const auto since_start = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_start).count();
}

int64_t SystemClock::unix_seconds() const {
  return unix_milliseconds() / 1000;
}

int64_t SystemClock::unix_milliseconds() const {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
}

}  // namespace talkbeat
