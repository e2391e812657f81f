#include "msg_server/sessions.h"

#include "base/go_away.h"
#include "base/log.h"
#include "msg_server/client_limits.h"
#include "proto/buddy.pb.h"

namespace talkbeat {

using IM::BaseDefine::KickReasonType;

namespace {

CloseReason close_reason_of(const Connection& connection, KickReasonType reason) {
  const bool replaced = reason == IM::BaseDefine::KICK_REASON_DUPLICATE_USER;
  if (replaced && connection.attachment<ClientSession>().asked_to_move()) return CloseReason::kMoved;
  return reason == IM::BaseDefine::KICK_REASON_MOBILE_KICK ? CloseReason::kKicked : CloseReason::kDuplicateLogin;
}

// The kick itself may close the connection: as one that reads too slowly.
void kick(Connection& connection, UserId user, KickReasonType reason) {
  connection.attachment<ClientSession>().replaced = reason == IM::BaseDefine::KICK_REASON_DUPLICATE_USER;
  IM::Login::IMKickUser message;
  message.set_user_id(user);
  message.set_kick_reason(reason);
  send_pdu(connection, message);
  connection.close(close_reason_of(connection, reason));
}

// Clients that do not know TbGoAway understand the kick, and wait for the person as well.
void send_away(Connection& connection, UserId user) {
  TbGoAway notice;
  notice.set_reason(GO_AWAY_KICKED);
  notice.set_text(words_for(GO_AWAY_KICKED));
  send_pdu(connection, notice);
  IM::Login::IMKickUser message;
  message.set_user_id(user);
  message.set_kick_reason(IM::BaseDefine::KICK_REASON_MOBILE_KICK);
  send_pdu(connection, message);
  connection.close(CloseReason::kKicked);
}

}  // namespace

uint64_t Sessions::next_stamp() {
  return stamps_.next(parts_.loop.unix_milliseconds(), parts_.loop.now(), parts_.rng.next());
}

void Sessions::begin(Connection& connection, ClientSession& session, UserId user, uint32_t client_type) {
  session.phase = Phase::kOnline;
  session.user = user;
  session.client_class = *class_of(client_type);
  session.info = {client_type, next_stamp()};
  apply_limits(parts_.config, connection);
  parts_.liveness.logged_in(connection, session.client_class);

  parts_.status.about_to_change(user);
  const auto older =
      parts_.users.add(user, session.client_class, {{client_type, session.info.login_stamp}, connection.id()});
  if (older) {
    if (Connection* old_connection = parts_.connections.find(older->conn)) {
      kick(*old_connection, user, IM::BaseDefine::KICK_REASON_DUPLICATE_USER);
    }
  }
  parts_.bus.user_online(user, session.info);
  if (session.client_class == ClientClass::kPc) tell_pc_status(user, true);
  log_info("login", {{"conn", connection.id()}, {"user", user}, {"client_type", client_type}});
}

void Sessions::end(const Connection& connection, const ClientSession& session) {
  parts_.watchers.forget(connection.id());
  if (session.phase != Phase::kOnline) return;
  const LocalSession* held = parts_.users.local(session.user, session.client_class);
  if (held == nullptr || held->conn != connection.id()) return;
  parts_.status.about_to_change(session.user);
  parts_.users.remove(session.user, session.client_class, connection.id());
  parts_.bus.user_offline(session.user, session.info);
  if (session.client_class == ClientClass::kPc && !session.replaced) tell_pc_status(session.user, false);
}

void Sessions::watch(const Connection& connection, UserId user) {
  if (connection.closing()) return;  // end() has forgotten it already
  if (user != connection.attachment<ClientSession>().user) parts_.watchers.watch(connection.id(), user);
}

// Covers sessions that this server has not heard of yet, also one that began within this very millisecond.
uint64_t Sessions::stamp_up_to_now() {
  return LoginStamps::end_of_millisecond(next_stamp());
}

void Sessions::kick_pc(UserId user) {
  const uint64_t up_to_now = stamp_up_to_now();
  kick_local(user, ClientClass::kPc, IM::BaseDefine::KICK_REASON_MOBILE_KICK);
  parts_.bus.kick(user, IM::BaseDefine::CLIENT_TYPE_WINDOWS, IM::BaseDefine::KICK_REASON_MOBILE_KICK, up_to_now);
}

void Sessions::kick_local(UserId user, ClientClass client_class, KickReasonType reason) {
  const LocalSession* session = parts_.users.local(user, client_class);
  if (session == nullptr) return;
  if (Connection* connection = parts_.connections.find(session->conn)) kick(*connection, user, reason);
}

void Sessions::kicked_by_bus(UserId user, ClientClass client_class, KickReasonType reason, uint64_t login_stamp) {
  const LocalSession* session = parts_.users.local(user, client_class);
  if (session != nullptr && session->login_stamp < login_stamp) kick_local(user, client_class, reason);
}

bool Sessions::end_local(UserId user, ClientClass client_class, EndReason reason, uint64_t login_stamp) {
  const LocalSession* session = parts_.users.local(user, client_class);
  if (session == nullptr || session->login_stamp > login_stamp) return false;
  Connection* connection = parts_.connections.find(session->conn);
  if (connection == nullptr) return false;
  reason == EndReason::kRevoked ? connection->close(CloseReason::kRevoked) : send_away(*connection, user);
  return true;
}

size_t Sessions::end_everywhere(UserId user, std::optional<ClientClass> only, EndReason reason) {
  ++times_ended_;
  size_t ended = 0;
  for (const ClientClass client_class : {ClientClass::kPc, ClientClass::kMobile}) {
    if (only && *only != client_class) continue;
    const uint64_t up_to_now = stamp_up_to_now();
    if (end_local(user, client_class, reason, up_to_now)) ++ended;
    parts_.bus.end_session(user, client_class, reason, up_to_now);
  }
  return ended;
}

void Sessions::ended_by_bus(UserId user, ClientClass client_class, EndReason reason, uint64_t login_stamp) {
  ++times_ended_;
  if (end_local(user, client_class, reason, login_stamp)) {
    log_info("session_ended_by_bus", {{"user", user}, {"stamp", login_stamp}});
  }
}

size_t Sessions::end_here(UserId user, CloseReason reason) {
  ++times_ended_;
  size_t ended = 0;
  parts_.users.for_each_local(user, [&](ClientClass, const LocalSession& session) {
    Connection* connection = parts_.connections.find(session.conn);
    if (connection == nullptr) return;
    connection->close(reason);
    ++ended;
  });
  return ended;
}

void Sessions::tell_pc_status(UserId user, bool online) {
  IM::Buddy::IMPCLoginStatusNotify notify;
  notify.set_user_id(user);
  notify.set_login_stat(online ? IM::BaseDefine::USER_STATUS_ONLINE : IM::BaseDefine::USER_STATUS_OFFLINE);
  parts_.delivery.to_user(user, encode_pdu(notify), ConnId::kNone, ClientClass::kMobile);
}

}  // namespace talkbeat
