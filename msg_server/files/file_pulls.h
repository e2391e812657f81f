#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace talkbeat {

/// A piece of a file that somebody has asked for. Bytes; files end before 4 GiB.
struct Pull {
  uint32_t offset = 0;
  uint32_t size = 0;
  uint16_t seq_num = 0;
  bool wanted = true;  ///< false: who asked has gone, and the answer goes nowhere
};

/// How much of one transfer may be under way, of what is wanted and of what is being served: what bounds the memory
/// that it takes.
struct PullLimits {
  size_t pulls = 4;
  uint32_t chunk = 256 << 10;

  size_t bytes() const { return pulls * chunk; }
};

/// What one receiver has asked for and not been given yet, in its order: first it waits, then it is served (by the
/// other client, or by the disk). A pure core.
///
///   pulls.ask(offset, size, seq_num);
///   while (pulls.fits(room)) send_to_sender(pulls.serve());
///   if (auto pull = pulls.answer(offset, data.size())) send_to_receiver(data, pull->seq_num);
class PullQueue {
 public:
  enum class Asked : uint8_t { kTaken, kTooMany, kBadOffset, kFinished };

  PullQueue(uint32_t file_size, const PullLimits& limits) : file_size_(file_size), limits_(limits) {}

  /// Takes it, cut to what a piece may be and to the file's end.
  Asked ask(uint32_t offset, uint32_t size, uint16_t seq_num) {
    if (offset > file_size_) return Asked::kBadOffset;
    if (offset == file_size_) return Asked::kFinished;
    if (size == 0) return Asked::kBadOffset;
    if (wanted() >= limits_.pulls) return Asked::kTooMany;
    waiting_.push_back({offset, std::min({size, limits_.chunk, file_size_ - offset}), seq_num});
    return Asked::kTaken;
  }

  /// One waits, and may be served beside those that are: `room` holds the bytes of all, and they are no more than the
  /// limit, wanted or not.
  bool fits(size_t room) const {
    return !waiting_.empty() && served_.size() < limits_.pulls && served_bytes_ + waiting_.front().size <= room;
  }
  /// The one that has waited longest is being served from now on. Only where one waits.
  Pull serve() {
    served_.push_back(waiting_.front());
    waiting_.pop_front();
    served_bytes_ += served_.back().size;
    return served_.back();
  }

  /// What these bytes answer: the one that has been served longest, with just its offset and size. Nothing: nobody has
  /// asked for them.
  std::optional<Pull> answer(uint32_t offset, size_t bytes) {
    if (served_.empty() || served_.front().offset != offset || served_.front().size != bytes) return std::nullopt;
    return pop_served();
  }
  /// The one that has been served longest cannot be answered with bytes.
  std::optional<Pull> fail(uint32_t offset) {
    if (served_.empty() || served_.front().offset != offset) return std::nullopt;
    return pop_served();
  }

  /// Who asked has gone: what waits is forgotten, and what is being served is not wanted any more.
  void forget_asker() {
    waiting_.clear();
    for (Pull& pull : served_) pull.wanted = false;
  }
  /// Who served has gone, and somebody else will.
  void serve_again() {
    std::erase_if(served_, [](const Pull& pull) { return !pull.wanted; });
    waiting_.insert(waiting_.begin(), served_.begin(), served_.end());
    served_.clear();
    served_bytes_ = 0;
  }

  size_t unanswered() const { return waiting_.size() + served_.size(); }

 private:
  // What nobody waits for any more does not keep the next asker from asking.
  size_t wanted() const { return waiting_.size() + static_cast<size_t>(std::ranges::count_if(served_, &Pull::wanted)); }
  Pull pop_served() {
    const Pull pull = served_.front();
    served_.pop_front();
    served_bytes_ -= pull.size;
    return pull;
  }

  uint32_t file_size_;
  PullLimits limits_;
  std::deque<Pull> waiting_;
  std::deque<Pull> served_;
  size_t served_bytes_ = 0;
};

}  // namespace talkbeat
