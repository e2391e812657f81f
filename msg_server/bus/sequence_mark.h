#pragma once

#include <cstdint>
#include <deque>

#include "base/clock.h"

namespace talkbeat {

/// Remembers how far the store had got some time ago: the place from which a sweep has to begin after a link was lost.
/// What was sent shortly before the loss may have been lost with it, hence the margin: as long as a link that is cut in
/// one direction can go on without either end knowing. A pure core.
class SequenceMark {
 public:
  explicit SequenceMark(Tick margin_ms) : margin_ms_(margin_ms) {}

  void set_margin(Tick margin_ms) { margin_ms_ = margin_ms; }

  /// The store had got to `sequence` while the link was known to be whole.
  void note(Tick now, uint64_t sequence) {
    if (!notes_.empty() && now - notes_.back().at < kResolutionMs) return;
    notes_.push_back({now, sequence});
    while (notes_.size() > 1 && notes_[1].at <= now - margin_ms_) notes_.pop_front();
  }
  /// The sequence of `margin_ms` before the last note, or of the first note where there is none so old.
  uint64_t safe() const { return notes_.empty() ? 0 : notes_.front().sequence; }
  bool known() const { return !notes_.empty(); }

 private:
  static constexpr Tick kResolutionMs = 1'000;
  struct Note {
    Tick at;
    uint64_t sequence;
  };

  Tick margin_ms_;
  std::deque<Note> notes_;
};

}  // namespace talkbeat
