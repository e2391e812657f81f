#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"
#include "proto/login_stamp.h"

namespace talkbeat {

/// Makes the stamps that order the logins of one user and class over all servers: milliseconds of wall-clock time, and
/// 16 bits below them that decide between two servers within one of those. A stamp is higher than every one that this
/// server has given or heard of, so a login that follows another wins, also where a clock has been set back or that of
/// the other server is ahead: from then on we count from what it has said. A pure core, owned by Sessions.
///
///   stamps.heard(stamp_from_elsewhere, loop.now());
///   const uint64_t stamp = stamps.next(loop.unix_milliseconds(), loop.now(), rng.next());
class LoginStamps {
 public:
  /// What no clock can have said is ignored: to count on from there would leave no room.
  void heard(uint64_t stamp, Tick now) {
    if (stamp < kFirstImpossibleStamp) count_from(stamp, now);
  }

  uint64_t next(int64_t unix_ms, Tick now, uint64_t random) {
    const auto time = static_cast<uint64_t>(std::max(unix_ms, ahead_ + now));
    const uint64_t stamp = std::max(time << kLowBits | (random & kLowMask), highest_ + 1);
    count_from(stamp, now);
    return stamp;
  }

  /// The first stamp of the millisecond after this one's.
  static uint64_t end_of_millisecond(uint64_t stamp) { return (stamp | kLowMask) + 1; }

 private:
  static constexpr int kLowBits = 16;
  static constexpr uint64_t kLowMask = (uint64_t{1} << kLowBits) - 1;

  void count_from(uint64_t stamp, Tick now) {
    highest_ = std::max(highest_, stamp);
    ahead_ = std::max(ahead_, static_cast<int64_t>(highest_ >> kLowBits) - now);
  }

  uint64_t highest_ = 0;
  int64_t ahead_ = INT64_MIN / 2;  // the latest time that was heard of, less the tick at which it was
};

}  // namespace talkbeat
