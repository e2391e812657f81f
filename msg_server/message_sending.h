#pragma once

#include "msg_server/parts.h"

namespace talkbeat {

/// What becomes of a message that the store knows already by its key: brought again to those who may not have it, as a
/// client that sends again expects, or nothing.
enum class Resend : uint8_t { kDelivered, kIgnored };

/// The one way to send a message, for clients' messages and for the system user's: stores it, calls `done` (so that the
/// ack comes first), and then brings it to everybody whom it concerns, on all servers. Whether the sender may write
/// there is decided by the store. `sender`: the session that has sent it, which does not get it again; ConnId::kNone:
/// none has. The loop's thread only; `done` is called later.
///
///   send_message(server, {.from = system, .to = {ConversationKind::kSingle, user}, .body = text, .created_at = now},
///                ConnId::kNone, [](const StoreResult<Appended>& stored) { … stored.value().msg_id … });
void send_message(MsgServerParts& server, NewMessage message, ConnId sender, Store::Callback<Appended> done,
                  Resend resend = Resend::kDelivered);

}  // namespace talkbeat
