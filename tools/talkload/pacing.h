#pragma once

#include <algorithm>
#include <cstdint>

namespace talkbeat::load {

/// An open loop's schedule: message i is meant for start + i / rate, whatever has become of those before it. Latency
/// counts from that moment, so a server that stalls cannot hide behind messages that were not sent meanwhile. A pure
/// core of one thread.
///
///   while (schedule.due(now_ns)) send(schedule.take());   // take(): when it was meant to go
class OpenSchedule {
 public:
  /// `shift`: 0 to 1, a part of one gap, so that processes do not send in step.
  OpenSchedule(uint64_t start_ns, double per_second, double shift)
      : start_ns_(start_ns), gap_ns_(1e9 / per_second), shift_(shift) {}

  bool due(uint64_t now_ns) const { return now_ns >= next_ns(); }
  uint64_t next_ns() const {
    return start_ns_ + static_cast<uint64_t>((static_cast<double>(taken_) + shift_) * gap_ns_);
  }
  /// When to look again: what is due within a moment goes together.
  uint64_t wake_ns(uint64_t now_ns) const { return std::max(next_ns(), now_ns + kLeastWakeNs); }
  uint64_t taken() const { return taken_; }
  uint64_t take() {
    const uint64_t intended = next_ns();
    ++taken_;
    return intended;
  }
  /// Takes all that is due, for good: how many that was.
  uint64_t give_up(uint64_t now_ns) {
    const uint64_t before = taken_;
    while (due(now_ns)) ++taken_;
    return taken_ - before;
  }

 private:
  static constexpr uint64_t kLeastWakeNs = 50'000;

  uint64_t start_ns_;
  double gap_ns_;
  double shift_;
  uint64_t taken_ = 0;
};

/// So much of something that goes on at a steady rate may have begun by now: the pace of connecting. 0: no limit.
class Allowance {
 public:
  explicit Allowance(double per_second) : per_second_(per_second) {}

  /// How many more may begin; at most `most`. A pause saves up no more than a tenth of a second.
  uint32_t take(int64_t now_ms, uint32_t most) {
    if (per_second_ <= 0) return most;
    if (last_ms_ >= 0) saved_ += static_cast<double>(now_ms - last_ms_) * per_second_ / 1000;
    saved_ = std::min(saved_, std::max(1.0, per_second_ / 10));
    last_ms_ = now_ms;
    const auto count = std::min(most, static_cast<uint32_t>(saved_));
    saved_ -= count;
    return count;
  }

 private:
  double per_second_;
  double saved_ = 0;
  int64_t last_ms_ = -1;
};

}  // namespace talkbeat::load
