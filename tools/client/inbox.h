#pragma once

#include <map>
#include <optional>
#include <vector>

#include "tools/client/client_message.h"

namespace talkbeat {

/// Brings the messages of each conversation into order, each once: what came twice is dropped, what came early waits
/// for what lies between, and gap() says what to ask the server for. A pure core.
///
/// Where a conversation begins for this client has to be told once, by start_after(); until then its messages wait.
///
///   inbox.add(message);
///   for (ReceivedMessage& next : inbox.take_ready(id, own_unsettled)) show(next);
///   if (const auto gap = inbox.gap(id)) fetch(gap->first, gap->last);
class Inbox {
 public:
  struct Gap {
    uint32_t first;
    uint32_t last;
  };

  /// Live or fetched. False: there is no room for it, and it has to be fetched when its turn comes.
  bool add(ReceivedMessage message);
  /// The server has acked a message that this client itself has sent: it counts as seen.
  void add_own(const ConversationId& id, uint32_t msg_id);
  /// The server says that the conversation reaches up to here.
  void note_latest(const ConversationId& id, uint32_t msg_id);
  /// What is at or below `msg_id` is old. Without effect on a conversation that has been started.
  void start_after(const ConversationId& id, uint32_t msg_id);
  bool started(const ConversationId& id) const;
  /// The lowest id that has come of a conversation that has not been started; 0: none.
  uint32_t first_waiting(const ConversationId& id) const;
  /// The server has none of the ids of the first gap, up to here: they are not waited for any more.
  void skip(const ConversationId& id, uint32_t msg_id);
  /// The server gives no more of this conversation: what has come is ready, and nothing is waited for, until it goes
  /// on.
  void give_up(const ConversationId& id);

  /// The next ones, in order. `own_unsettled`: a message of this client was sent and has no ack yet. Then one that
  /// seems to come from another session of the same user may be that very message: it waits, with those behind it.
  std::vector<ReceivedMessage> take_ready(const ConversationId& id, bool own_unsettled);
  /// The first hole.
  std::optional<Gap> gap(const ConversationId& id) const;
  /// The highest id up to which the application has everything; 0: nothing.
  uint32_t known(const ConversationId& id) const;

  std::vector<ConversationId> conversations() const;

  /// So many messages of one conversation wait for what lies before them; the rest are fetched when their turn comes.
  static constexpr size_t kMaxEarly = 1'000;

 private:
  struct State {
    bool started = false;
    uint32_t known = 0;
    uint32_t latest = 0;
    uint32_t last_own = 0;    // the highest id that an ack has told
    uint32_t gone_until = 0;  // up to here, what has not come is not there at the server
    // Beyond `known`; empty: seen already (our own).
    std::map<uint32_t, std::optional<ReceivedMessage>> early;
  };

  std::map<ConversationId, State> states_;
};

}  // namespace talkbeat
