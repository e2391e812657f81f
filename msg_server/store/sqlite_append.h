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

/// To another user, in the conversation that the two have.
StoreResult<Appended> append_to_pair(SqliteCore& core, PairCache::Entry& pair, const NewMessage& message);

/// To a group, as a member: counts it as one of the sender's own.
StoreResult<Appended> append_to_group(SqliteCore& core, const ConversationView& view, const NewMessage& message);

/// As a row of `messages`, at the end of the conversation that `view` shows (which the caller notes), and its sequence.
/// `low_sent` is what messages.low_sent means. Refuses kKeyInUse, where the client_key is, in whatever message.
StoreResult<int64_t> insert_message(SqliteCore& core, const ConversationView& view, const NewMessage& message,
                                    uint32_t low_sent);

/// To a group, by somebody who has no row to count in.
StoreResult<Appended> append_uncounted(SqliteCore& core, const ConversationView& view, const NewMessage& message);

}  // namespace talkbeat
