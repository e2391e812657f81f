#include "msg_server/message_sending.h"

#include <utility>

#include "msg_server/push/push.h"
#include "msg_server/wire_records.h"

namespace talkbeat {

namespace {

LedgerEntry entry_of(const StoreResult<Appended>& stored) {
  if (stored.ok()) return stored.value().duplicate ? LedgerEntry::kStoredAlready : LedgerEntry::kStored;
  const bool failed = stored.error() == StoreError::kBusy || stored.error() == StoreError::kUnavailable;
  return failed ? LedgerEntry::kFailed : LedgerEntry::kDeclined;
}

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
void on_stored(MsgServerParts& server, const NewMessage& message, const Appended& stored, ConnId sender,
               Resend resend) {
  const bool long_ago = server.loop.unix_seconds() - stored.created_at > kRedeliverForSeconds;
  if (stored.duplicate && (long_ago || resend == Resend::kIgnored)) {
    server.ledger.add(LedgerEntry::kNotAgain);
    return;
  }
  deliver(server, message, stored, sender);
  server.push.message_stored(message, stored);
}

}  // namespace

void send_message(MsgServerParts& server, NewMessage message, ConnId sender, Store::Callback<Appended> done,
                  Resend resend) {
  if (sender == ConnId::kNone) server.ledger.add(LedgerEntry::kOrdered);
  server.ledger.add(LedgerEntry::kAccepted);
  server.store.append(std::move(message), [&server, sender, done = std::move(done), resend](
                                              const NewMessage& sent, const StoreResult<Appended>& stored) {
    server.ledger.add(entry_of(stored));
    if (sender == ConnId::kNone) server.ledger.add(LedgerEntry::kReported);
    done(stored);
    if (stored.ok()) on_stored(server, sent, stored.value(), sender, resend);
  });
}

}  // namespace talkbeat
