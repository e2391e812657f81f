#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace talkbeat::load {

/// What has become of one sender's messages, numbered 1, 2, 3, …: each is answered once, by an ack or a refusal, nearly
/// always in order. A pure core of one thread.
///
///   const uint32_t number = answers.next();        // send it, with static_cast<uint16_t>(number) as seq_num
///   answers.acked(answers.number_of(seq_num));
class Answers {
 public:
  uint32_t next() { return ++sent_; }
  uint32_t sent() const { return sent_; }
  /// Answered at all, and refused.
  uint32_t answered() const { return answered_ + static_cast<uint32_t>(early_.size()); }
  uint32_t refused() const { return static_cast<uint32_t>(refused_.size()); }

  /// Which one an answer is about: the one among those unanswered whose number ends in these 16 bits. So no more than
  /// kMaxOpen may be open.
  uint32_t number_of(uint16_t seq_num) const;
  static constexpr uint32_t kMaxOpen = 32'768;
  /// For what has no acks: the newest one sent whose number ends in these bits.
  uint32_t newest_of(uint16_t seq_num) const {
    return sent_ - static_cast<uint16_t>(static_cast<uint16_t>(sent_) - seq_num);
  }

  /// False: it was answered before, or never sent.
  bool acked(uint32_t number);
  bool was_refused(uint32_t number);

  const std::vector<uint32_t>& all_refused() const { return refused_; }  ///< in order
  bool is_refused(uint32_t number) const;
  bool is_acked(uint32_t number) const;

 private:
  bool answer(uint32_t number);

  uint32_t sent_ = 0;
  uint32_t answered_ = 0;          // all up to this one
  std::vector<uint32_t> early_;    // and these, in order
  std::vector<uint32_t> refused_;  // in order
};

enum class Arrival : uint8_t {
  kInOrder,
  kLate,     ///< behind one that was sent after it
  kDoubled,  ///< it had come before
  kUnknown,  ///< nobody has sent it
};

/// What one receiver has seen of one sender's messages: 16 bytes while all is in order. A pure core of one thread.
class Arrivals {
 public:
  /// `sent`: the highest number there is.
  Arrival arrived(uint32_t number, uint32_t sent);
  /// Those of 1 … sent that have not come.
  std::vector<uint32_t> missing(uint32_t sent) const;
  /// Nothing before this one is expected any more: for a receiver that comes later.
  uint32_t highest() const { return next_ - 1; }
  uint32_t count() const { return next_ - 1 - (gaps_ == nullptr ? 0 : static_cast<uint32_t>(gaps_->size())); }

 private:
  uint32_t next_ = 1;
  std::unique_ptr<std::vector<uint32_t>> gaps_;  // numbers below next_ that have not come, in order
};

}  // namespace talkbeat::load
