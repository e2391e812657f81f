#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <vector>

namespace talkbeat {

/// The messages that this server has delivered to its users lately, by their place in the store's order: so that what a
/// relay, a resend or a sweep brings again is delivered once. Bounded: the oldest is forgotten first. A pure core.
class RecentSequences {
 public:
  explicit RecentSequences(size_t capacity) : ring_(capacity) {}

  /// False: it was known.
  bool insert(uint64_t sequence) {
    if (!known_.insert(sequence).second) return false;
    uint64_t& oldest = ring_[next_];
    if (oldest != 0) {
      known_.erase(oldest);
      if (oldest > floor_) floor_ = oldest;
    }
    oldest = sequence;
    next_ = (next_ + 1) % ring_.size();
    ++inserted_;
    return true;
  }
  bool contains(uint64_t sequence) const { return known_.contains(sequence); }
  /// Of sequences up to here, some have been forgotten: nobody can say whether they were delivered.
  uint64_t floor() const { return floor_; }
  /// How many have been inserted that were not known.
  uint64_t inserted() const { return inserted_; }

 private:
  std::vector<uint64_t> ring_;
  std::unordered_set<uint64_t> known_;
  size_t next_ = 0;
  uint64_t floor_ = 0;
  uint64_t inserted_ = 0;
};

}  // namespace talkbeat
