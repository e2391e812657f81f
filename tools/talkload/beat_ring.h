#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace talkbeat::load {

/// When each of many clients beats next: one ring of slots, 100 ms each, 4 bytes a client, no timer per client. Each
/// turn of a client is its interval, 10 % more or less, so that clients that began together drift apart. Whoever comes
/// late, since the process was held up, beats once, and again within an interval from then. A pure core of one thread;
/// time is passed in, in milliseconds.
///
///   BeatRing ring(20'000, seed, now);
///   ring.add(client);                                    // some time within one interval
///   ring.advance(now, [&](uint32_t client) { beat(client); return true; });   // false: it is out
class BeatRing {
 public:
  BeatRing(uint32_t interval_ms, uint64_t seed, int64_t now_ms)
      : interval_slots_(interval_ms < kSlotMs * 10 ? 10 : interval_ms / kSlotMs),
        slot_ms_(interval_ms < kSlotMs * 10 ? (interval_ms + 9) / 10 : kSlotMs),
        slots_(interval_slots_ + interval_slots_ / kJitterDivisor + 2),
        state_(seed | 1),
        time_(now_ms) {}

  void add(uint32_t client) { put(client, 1 + below(interval_slots_)); }

  /// Calls `beat(client)` for each whose time has come; where that returns true, it comes again.
  template <class Beat>
  void advance(int64_t now_ms, Beat beat) {
    const uint32_t slots = take_due(now_ms);
    const bool late = slots > interval_slots_ / kJitterDivisor;
    for (const uint32_t client : due_) {
      if (beat(client)) put(client, late ? some_distance() : next_distance());
    }
  }

  static constexpr uint32_t kSlotMs = 100;
  static constexpr uint32_t kJitterDivisor = 10;

 private:
  uint32_t below(uint32_t bound) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<uint32_t>((state_ >> 32) * bound >> 32);
  }
  uint32_t next_distance() {
    const uint32_t jitter = interval_slots_ / kJitterDivisor;
    return interval_slots_ - jitter + below(2 * jitter + 1);
  }
  // Those who were late together are spread out again.
  uint32_t some_distance() {
    const uint32_t least = interval_slots_ / 2;
    return least + below(interval_slots_ - least + 1);
  }
  // Moves to `now_ms` before anybody is put anywhere: distances count from there. How many slots that was.
  uint32_t take_due(int64_t now_ms) {
    uint32_t slots = 0;
    due_.clear();
    for (; time_ + slot_ms_ <= now_ms; ++slots) {
      time_ += slot_ms_;
      at_ = (at_ + 1) % slots_.size();
      due_.insert(due_.end(), slots_[at_].begin(), slots_[at_].end());
      slots_[at_].clear();
    }
    return slots;
  }
  void put(uint32_t client, uint32_t distance) { slots_[(at_ + distance) % slots_.size()].push_back(client); }

  uint32_t interval_slots_;
  int64_t slot_ms_;
  std::vector<std::vector<uint32_t>> slots_;
  std::vector<uint32_t> due_;
  uint64_t state_;
  int64_t time_;
  size_t at_ = 0;
};

}  // namespace talkbeat::load
