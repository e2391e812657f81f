#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "base/buffer.h"
#include "proto/message.pb.h"
#include "tools/talkload/ledger.h"

namespace talkbeat::load {

/// What pairs of clients need where their connections may break, as real clients do it: the sender keeps what has no
/// answer, to send it again with the same key; the receiver knows the highest msg_id up to which it has everything, and
/// fetches what is missing behind it. A pure core of one thread.
///
///   if (recovery.came(pair, view.msg_id) == PairRecovery::Place::kGap) send(recovery.page_request(…));
class PairRecovery {
 public:
  explicit PairRecovery(size_t pairs) : pairs_(pairs) {}

  // The sender's half.
  void sent(size_t pair, uint32_t number, uint64_t intended_ns) { pairs_[pair].open.push_back({number, intended_ns}); }
  void forget_answered(size_t pair, const Answers& answers);
  /// Those without an answer, in order.
  template <class Visit>
  void for_each_open(size_t pair, const Answers& answers, Visit visit) {
    forget_answered(pair, answers);
    for (const Open& open : pairs_[pair].open) {
      if (!answers.is_acked(open.number) && !answers.is_refused(open.number)) visit(open.number, open.intended_ns);
    }
  }

  // The receiver's half.
  static SharedBytes latest_id_request(uint32_t user, uint32_t peer);
  void begin_behind(size_t pair, uint32_t msg_id);
  bool all_known() const { return known_ == pairs_.size(); }

  enum class Place : uint8_t { kNext, kKnown, kGap, kBeingFetched };
  /// Where a delivered message stands. kNext: it is to be taken. kGap: a page is to be asked for.
  Place came(size_t pair, uint32_t msg_id);
  void came_back(size_t pair) { pairs_[pair].fetching = false; }
  SharedBytes page_request(size_t pair, uint32_t user, uint32_t peer);

  /// kHole: the page held nothing of what is missing.
  enum class After : uint8_t { kDone, kAskOn, kHole };
  using Take = std::function<void(const IM::BaseDefine::MsgInfo&)>;
  After page_came(size_t pair, const IM::Message::IMGetMsgByIdRsp& page, const Take& take);

 private:
  struct Open {
    uint32_t number;
    uint64_t intended_ns;
  };
  struct State {
    std::deque<Open> open;
    uint32_t last_id = 0;
    uint32_t highest_id = 0;
    uint32_t highest_when_asked = 0;
    bool known = false;
    bool fetching = false;
  };

  std::vector<State> pairs_;
  size_t known_ = 0;
};

}  // namespace talkbeat::load
