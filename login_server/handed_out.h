#pragma once

#include <cstdint>
#include <deque>

#include "base/clock.h"

namespace talkbeat::login {

/// Clients that were sent to a msg_server a moment ago and that its load does not show yet: without them, all clients
/// between two load reports would be sent to the same server. They fade as the load grows, and those that never arrive
/// are forgotten after a time. A pure core; a few bytes for each tenth of a second, whatever the rate.
///
///   handed_out.add(now);
///   handed_out.arrived(3);
///   handed_out.forget_before(now - ttl);
class HandedOut {
 public:
  void add(Tick now);
  /// The oldest ones have arrived.
  void arrived(uint64_t clients);
  /// Forgets those that were handed out before `time`.
  void forget_before(Tick time);

  uint64_t count() const { return count_; }

  /// What is handed out within this many milliseconds is counted together.
  static constexpr Tick kGrain = 100;

 private:
  struct Batch {
    Tick since;
    uint64_t clients;
  };

  std::deque<Batch> batches_;  // oldest first, none is empty
  uint64_t count_ = 0;
};

}  // namespace talkbeat::login
