#include <optional>

#include "msg_server/client_answers.h"
#include "msg_server/handlers.h"
#include "msg_server/sessions.h"
#include "msg_server/wire_records.h"

namespace talkbeat {

namespace {

// A resend after a reconnect comes soon. Long after, its receivers have it from their own sync, and delivering it again
// would show it to them twice.
constexpr int64_t kRedeliverForSeconds = 60;

/// A message that is on its way into the store.
struct Sending {
  MsgServerParts& server;
  ConnId conn;
  PduHeader header;
  NewMessage message;
};

std::optional<Verdict> reason_to_refuse(ClientContext& client, const IM::Message::IMMsgData& message) {
  if (!client.session.messages.take(client.connection.now())) {
    return Verdict::refused(ERROR_RATE_LIMITED, "too many messages: nothing was stored, wait and send again",
                            static_cast<uint32_t>(client.session.messages.wait_ms()));
  }
  if (message.msg_data().empty()) return Verdict::refused(ERROR_EMPTY_MESSAGE, "the message is empty");
  const bool to_group = (message.msg_type() & 0x10) != 0;
  if (to_group) return Verdict::refused(ERROR_NOT_MEMBER, "not a member of that group");
  if (message.to_session_id() == client.session.user) {
    return Verdict::refused(ERROR_MESSAGE_TO_SELF, "a message to oneself");
  }
  return std::nullopt;
}

void acknowledge(const Sending& sending, Connection& connection, const Appended& stored) {
  IM::Message::IMMsgDataAck ack;
  ack.set_user_id(sending.message.from);
  ack.set_session_id(sending.message.to.peer);
  ack.set_msg_id(stored.msg_id);
  ack.set_session_type(session_type(sending.message.to.kind));
  send_pdu(connection, ack, sending.header.seq_num);
}

void deliver(const Sending& sending, const Appended& stored) {
  MsgServerParts& server = sending.server;
  if (stored.duplicate && server.loop.unix_seconds() - stored.created_at > kRedeliverForSeconds) return;
  server.delivery.message(sending.message.from, sending.message.to.peer,
                          encode_pdu(wire_message(sending.message, stored)), stored.sequence, sending.conn);
}

void on_stored(const Sending& sending, const StoreResult<Appended>& stored) {
  Connection* connection = sending.server.connections.find(sending.conn);
  if (connection != nullptr) --connection->attachment<ClientSession>().messages_in_store;
  if (!stored.ok()) {
    if (connection != nullptr) send_error(*connection, sending.header, refusal_of(stored.error()));
    return;
  }
  if (connection != nullptr) {
    acknowledge(sending, *connection, stored.value());
    sending.server.sessions.watch_status(*connection, sending.message.to.peer);
  }
  deliver(sending, stored.value());
}

}  // namespace

Verdict on_message(ClientContext& client, const PduHeader& header, const IM::Message::IMMsgData& message) {
  if (const auto refusal = reason_to_refuse(client, message)) return *refusal;
  Sending sending{client.server, client.connection.id(), header, {}};
  sending.message.from = client.session.user;
  sending.message.to = {ConversationKind::kSingle, message.to_session_id()};
  sending.message.type = static_cast<uint8_t>(message.msg_type());
  sending.message.body = message.msg_data();
  sending.message.created_at = client.server.loop.unix_seconds();
  if (message.has_client_msg_key()) sending.message.client_key = message.client_msg_key();
  ++client.session.messages_in_store;
  client.server.store.write<Appended>([stored = sending.message](Database& db) { return db.append(stored); },
                                      [sending](const StoreResult<Appended>& result) { on_stored(sending, result); });
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
  IM::Message::IMMsgDataReadNotify notify;
  notify.set_user_id(user);
  notify.set_session_id(ack.session_id());
  notify.set_msg_id(ack.msg_id());
  notify.set_session_type(ack.session_type());
  server.store.write<bool>(
      [user, ref = *ref, msg_id = ack.msg_id()](Database& db) { return db.mark_read(user, ref, msg_id); },
      [&server, conn, header, user, notify](StoreResult<bool> changed) {
        if (changed.ok() && changed.value()) server.delivery.to_user(user, encode_pdu(notify), conn);
        Connection* connection = server.connections.find(conn);
        if (!changed.ok() && connection != nullptr) send_error(*connection, header, refusal_of(changed.error()));
      });
  return Verdict::handled();
}

}  // namespace talkbeat
