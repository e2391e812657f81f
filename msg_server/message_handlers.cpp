#include <algorithm>
#include <optional>
#include <utility>

#include "base/mutant.h"
#include "msg_server/client_answers.h"
#include "msg_server/handlers.h"
#include "msg_server/message_sending.h"
#include "msg_server/sessions.h"
#include "msg_server/wire_records.h"

namespace talkbeat {

namespace {

/// A message that is on its way into the store.
struct Sending {
  MsgServerParts& server;
  ConnId conn;
  PduHeader header;
  UserId from;
  ConversationRef to;
};

std::optional<Verdict> reason_to_refuse(ClientContext& client, const IM::Message::IMMsgData& message) {
  if (!client.session.messages.take(client.connection.now())) {
    return Verdict::refused(ERROR_RATE_LIMITED, "too many messages: nothing was stored, wait and send again",
                            static_cast<uint32_t>(client.session.messages.wait_ms()));
  }
  if (message.msg_data().empty()) return Verdict::refused(ERROR_EMPTY_MESSAGE, "the message is empty");
  const bool to_group = kind_of(message.msg_type()) == ConversationKind::kGroup;
  if (!to_group && message.to_session_id() == client.session.user) {
    return Verdict::refused(ERROR_MESSAGE_TO_SELF, "a message to oneself");
  }
  return std::nullopt;
}

NewMessage message_of(const ClientContext& client, const IM::Message::IMMsgData& data) {
  NewMessage message;
  message.from = client.session.user;
  message.to = {kind_of(data.msg_type()), data.to_session_id()};
  message.type = static_cast<uint8_t>(data.msg_type());
  message.body = data.msg_data();
  message.created_at = client.server.loop.unix_seconds();
  if (data.has_client_msg_key() && kMutant != Mutant::kDoubleDelivery) message.client_key = data.client_msg_key();
  return message;
}

void acknowledge(const Sending& sending, Connection& connection, const Appended& stored) {
  IM::Message::IMMsgDataAck ack;
  ack.set_user_id(sending.from);
  ack.set_session_id(sending.to.peer);
  ack.set_msg_id(stored.msg_id);
  ack.set_session_type(session_type(sending.to.kind));
  send_pdu(connection, ack, sending.header.seq_num);
}

void tell_sender(const Sending& sending, const StoreResult<Appended>& stored) {
  Connection* connection = sending.server.connections.find(sending.conn);
  if (connection == nullptr) {
    sending.server.ledger.add(LedgerEntry::kAnswerDropped);
    return;
  }
  --connection->attachment<ClientSession>().messages_in_store;
  if (!stored.ok()) {
    sending.server.ledger.add(LedgerEntry::kToldNo);
    send_error(*connection, sending.header, refusal_of(stored.error()));
    return;
  }
  sending.server.ledger.add(LedgerEntry::kAcked);
  acknowledge(sending, *connection, stored.value());
  const bool to_user = sending.to.kind == ConversationKind::kSingle;
  if (to_user) sending.server.sessions.watch(*connection, sending.to.peer);
}

void answer_sender(const Sending& sending, const StoreResult<Appended>& stored) {
  tell_sender(sending, stored);
  sending.server.delivery.answered(sending.conn, stored.ok() ? std::optional(stored.value().sequence) : std::nullopt);
}

/// What became of a read ack: a client may name an id that does not exist yet.
struct Marked {
  bool changed = false;
  uint32_t up_to = 0;
};

StoreResult<Marked> mark_read(Database& db, UserId user, ConversationRef ref, uint32_t msg_id) {
  const StoreResult<bool> changed = db.mark_read(user, ref, msg_id);
  if (!changed.ok()) return changed.error();
  if (!changed.value()) return Marked{};
  const StoreResult<uint32_t> latest = db.latest_msg_id(user, ref);
  if (!latest.ok()) return latest.error();
  return Marked{true, std::min(msg_id, latest.value())};
}

void tell_read(MsgServerParts& server, UserId user, ConversationRef ref, uint32_t up_to, ConnId except) {
  IM::Message::IMMsgDataReadNotify notify;
  notify.set_user_id(user);
  notify.set_session_id(ref.peer);
  notify.set_msg_id(up_to);
  notify.set_session_type(session_type(ref.kind));
  server.delivery.to_user(user, encode_pdu(notify), except);
}

}  // namespace

Verdict on_message(ClientContext& client, const PduHeader& header, const IM::Message::IMMsgData& data) {
  client.server.ledger.add(LedgerEntry::kOffered);
  if (const auto refusal = reason_to_refuse(client, data)) {
    client.server.ledger.add(LedgerEntry::kRefused);
    return *refusal;
  }
  NewMessage message = message_of(client, data);
  const Sending sending{client.server, client.connection.id(), header, message.from, message.to};
  ++client.session.messages_in_store;
  send_message(client.server, std::move(message), sending.conn,
               [sending](const StoreResult<Appended>& stored) { answer_sender(sending, stored); });
  return Verdict::handled();
}

Verdict on_delivery_ack(ClientContext& /*client*/, const PduHeader& /*header*/,
                        const IM::Message::IMMsgDataAck& /*ack*/) {
  return Verdict::handled();  // what a client has received it asks for again by id only, so nothing has to be kept
}

Verdict on_read_ack(ClientContext& client, const PduHeader& header, const IM::Message::IMMsgDataReadAck& ack) {
  const auto ref = conversation_ref(ack.session_type(), ack.session_id());
  if (!ref) return kMalformedBody;
  MsgServerParts& server = client.server;
  const ConnId conn = client.connection.id();
  const UserId user = client.session.user;
  server.store.write<Marked>(
      [user, ref = *ref, msg_id = ack.msg_id()](Database& db) { return mark_read(db, user, ref, msg_id); },
      [&server, conn, header, user, ref = *ref](const StoreResult<Marked>& marked) {
        if (marked.ok() && marked.value().changed) tell_read(server, user, ref, marked.value().up_to, conn);
        Connection* connection = server.connections.find(conn);
        if (!marked.ok() && connection != nullptr) send_error(*connection, header, refusal_of(marked.error()));
      });
  return Verdict::handled();
}

}  // namespace talkbeat
