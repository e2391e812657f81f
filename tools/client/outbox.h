#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "tools/client/client_message.h"

namespace talkbeat {

struct OutgoingMessage {
  uint64_t local_id = 0;
  ConversationId to;
  IM::BaseDefine::MsgType type = IM::BaseDefine::MSG_TYPE_SINGLE_TEXT;
  std::string body;
  uint64_t client_msg_key = 0;  ///< the same at every resend: the server stores the message once
};

/// What was given to send and has no ack yet, in order. One message of a conversation is on its way at a time: were the
/// next one behind it already, a refusal for the moment (rate limit, busy) would let it overtake. A pure core.
///
///   outbox.add(message);
///   for (const ConversationId& to : outbox.due(now)) send(outbox.launch(to, seq_num), seq_num);
///   if (const auto message = outbox.finish(seq_num)) … acked, or failed for good
class Outbox {
 public:
  void add(OutgoingMessage message);

  /// The conversations whose first message may be sent now.
  std::vector<ConversationId> due(Tick now) const;
  /// The first message of the conversation is on its way, under this number.
  const OutgoingMessage& launch(const ConversationId& to, uint16_t seq_num);

  /// The message under this number is settled: takes it out.
  std::optional<OutgoingMessage> finish(uint16_t seq_num);
  /// The message under this number has to be sent again, not before `when`. False: there is none.
  bool postpone(uint16_t seq_num, Tick when);
  /// The connection is gone: all has to be sent again.
  void recall();

  /// The conversation's first message has been sent at least once, and nobody knows yet whether it is stored.
  bool unsettled(const ConversationId& to) const;
  bool in_flight() const { return !flights_.empty(); }
  bool uses(uint16_t seq_num) const { return flights_.contains(seq_num); }
  /// When due() has something that is postponed now; TimerList::kNever: nothing.
  Tick next_due() const;
  size_t size() const { return size_; }

 private:
  struct Queue {
    std::deque<OutgoingMessage> messages;
    bool in_flight = false;
    bool attempted = false;  // the first one
    Tick not_before = 0;
  };

  Queue& land(uint16_t seq_num);

  std::map<ConversationId, Queue> queues_;      // none is empty
  std::map<uint16_t, ConversationId> flights_;  // by seq_num
  size_t size_ = 0;
};

}  // namespace talkbeat
