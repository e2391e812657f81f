#pragma once

#include "msg_server/store/conversation_view.h"
#include "msg_server/store/sqlite_core.h"

namespace talkbeat {

/// Every so many messages of a conversation, one is found by its msg_id at once (table `milestones`). The schema's
/// step 3 says 16, too.
inline constexpr uint32_t kMilestone = 16;

/// Finds a conversation's messages by msg_id: from the newest, the one found last, or a milestone back along
/// `previous`, fewer than kMilestone steps. Ids are asked for in descending order where there are several.
///
///   MessageChain chain(core, view);
///   auto sequence = chain.find(17);                 // 0 < 17 <= view.last_msg_id
///   if (!sequence.ok()) return sequence.error();
///
/// Lives as long as the view is looked at. Messages that are there never change, so no transaction is needed.
class MessageChain {
 public:
  MessageChain(SqliteCore& core, const ConversationView& view)
      : core_(core), view_(view), at_msg_id_(view.last_msg_id), at_sequence_(view.last_sequence) {}

  StoreResult<int64_t> find(uint32_t msg_id);

 private:
  StoreResult<Done> jump(uint32_t msg_id);
  StoreResult<Done> step();
  StoreResult<Done> move_to(uint32_t msg_id, StoreResult<std::optional<int64_t>> sequence);

  SqliteCore& core_;
  const ConversationView& view_;
  uint32_t at_msg_id_;
  int64_t at_sequence_;
};

}  // namespace talkbeat
