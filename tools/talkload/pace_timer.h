#pragma once

#include <cstdint>
#include <functional>

#include "base/event_loop.h"

namespace talkbeat::load {

/// Wakes the loop at a moment given in nanoseconds: the loop's own timers count milliseconds, which is too coarse for
/// an open loop whose latencies are some tenths of that. Costs two system calls each time. The loop's thread.
///
///   PaceTimer timer(loop, [&] { send_what_is_due(); });
///   timer.wake_at(schedule.next_ns());
class PaceTimer final : private ReadyHandler {
 public:
  PaceTimer(EventLoop& loop, std::function<void()> on_due);
  ~PaceTimer();
  PaceTimer(const PaceTimer&) = delete;
  PaceTimer& operator=(const PaceTimer&) = delete;

  /// By CLOCK_MONOTONIC; at once where that is past. Replaces what was set before.
  void wake_at(uint64_t when_ns);

 private:
  void on_ready(bool readable, bool writable) override;

  EventLoop& loop_;
  std::function<void()> on_due_;
  int fd_;
  WatchId watch_;
};

}  // namespace talkbeat::load
