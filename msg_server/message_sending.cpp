#include "msg_server/message_sending.h"

#include <utility>

#include "msg_server/push/push.h"
#include "msg_server/wire_records.h"

namespace talkbeat {

namespace {

// A resend after a reconnect comes soon. Long after, its receivers have it from their own sync, and delivering it again
// would show it to them twice.
constexpr int64_t kRedeliverForSeconds = 60;

void deliver(MsgServerParts& server, const NewMessage& message, const Appended& stored, ConnId sender) {
  const SharedBytes pdu = encode_pdu(wire_message(message, stored));
  switch (message.to.kind) {
    case ConversationKind::kSingle:
      server.delivery.message(message.from, message.to.peer, pdu, stored.sequence, sender);
      return;
    case ConversationKind::kGroup:
      server.delivery.group_message(
          {message.to.peer, stored.group_version, message.from, stored.msg_id, stored.sequence, pdu}, sender);
      return;
  }
}

/// The message is in the store, and its sender knows: everything that follows from it.
void on_stored(MsgServerParts& server, const NewMessage& message, const Appended& stored, ConnId sender) {
  if (stored.duplicate && server.loop.unix_seconds() - stored.created_at > kRedeliverForSeconds) return;
  deliver(server, message, stored, sender);
  server.push.message_stored(message, stored);
}

}  // namespace

void send_message(MsgServerParts& server, NewMessage message, ConnId sender, Store::Callback<Appended> done,
                  Resend resend) {
  server.store.append(std::move(message), [&server, sender, done = std::move(done), resend](
                                              const NewMessage& sent, const StoreResult<Appended>& stored) {
    done(stored);
    if (stored.ok() && stored.value().duplicate && resend == Resend::kIgnored) return;
    if (stored.ok()) on_stored(server, sent, stored.value(), sender);
  });
}

}  // namespace talkbeat
