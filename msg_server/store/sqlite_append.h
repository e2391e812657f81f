#pragma once

#include "msg_server/store/conversation_view.h"
#include "msg_server/store/sqlite_core.h"

namespace talkbeat {

/// Storing a message, once it is clear that it may be stored. Writes.
///
///   auto view = find_view(core, message.from, message.to);
///   …
///   return append_to_group(core, *view.value(), message);

/// Nothing: no message of this sender has that client_key yet.
StoreResult<std::optional<Appended>> find_by_client_key(SqliteCore& core, const NewMessage& message);

/// To another user; the first message makes the conversation.
StoreResult<Appended> append_to_user(SqliteCore& core, const NewMessage& message);

/// To a group, as a member: counts it as one of the sender's own.
StoreResult<Appended> append_to_group(SqliteCore& core, const ConversationView& view, const NewMessage& message);

/// The two inserts and the update that are the same for all: `view` needs its conv_id, last_msg_id and group_version,
/// `low_sent` is what messages.low_sent means.
StoreResult<Appended> append_row(SqliteCore& core, const ConversationView& view, const NewMessage& message,
                                 uint32_t low_sent);

}  // namespace talkbeat
