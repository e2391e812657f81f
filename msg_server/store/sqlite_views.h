#pragma once

#include <optional>
#include <vector>

#include "msg_server/store/conversation_view.h"
#include "msg_server/store/sqlite_core.h"

namespace talkbeat {

/// Conversations as a user sees them, found and marked.
///
///   auto view = find_view(core, user, ref);
///   if (!view.ok()) return view.error();           // kNotMember, of a group
///   if (view.value()) use(view.value()->unread());

/// Nothing: the two have never exchanged a message. Refuses kNotMember.
StoreResult<std::optional<ConversationView>> find_view(SqliteCore& core, UserId user, ConversationRef ref);

/// All of the user's, in no order.
StoreResult<std::vector<ConversationView>> views_of(SqliteCore& core, UserId user);

/// How many of the messages up to `msg_id` (at most view.last_msg_id), from the joining on, are the user's own.
StoreResult<uint32_t> own_until(SqliteCore& core, UserId user, const ConversationView& view, uint32_t msg_id);

/// A write; the view was found in the same batch.
StoreResult<Done> set_mark(SqliteCore& core, UserId user, const ConversationView& view, const ReadMark& mark);

/// A group's conversation, whoever may see it. Every group has one.
struct GroupConversation {
  int64_t conv_id = 0;
  uint32_t last_msg_id = 0;
  int64_t last_sequence = 0;
};
/// Nothing: there has never been such a group.
StoreResult<std::optional<GroupConversation>> find_group_conversation(SqliteCore& core, uint32_t group);

/// 0: there is no such group.
StoreResult<uint32_t> group_version(SqliteCore& core, uint32_t group);

}  // namespace talkbeat
