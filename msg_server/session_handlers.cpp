#include "base/log.h"
#include "msg_server/client_answers.h"
#include "msg_server/handlers.h"
#include "msg_server/sessions.h"

namespace talkbeat {

namespace {

// Who logs out of a device wants no more pushes there; who only disconnects does.
void forget_device(const ClientContext& client) {
  const UserId user = client.session.user;
  client.server.store.write<Done>([user](Database& db) { return db.set_device(user, std::nullopt); },
                                  [user](const StoreResult<Done>& done) {
                                    if (done.ok()) return;
                                    log_warn("device_kept", {{"user", user}, {"why", to_string(done.error())}});
                                  });
}

}  // namespace

Verdict on_logout(ClientContext& client, const PduHeader& header, const IM::Login::IMLogoutReq& /*request*/) {
  IM::Login::IMLogoutRsp response;
  response.set_result_code(0);
  send_pdu(client.connection, response, header.seq_num);
  const ClientSession& session = client.session;
  if (session.phase == Phase::kOnline && session.client_class == ClientClass::kMobile) forget_device(client);
  return Verdict::close(CloseReason::kLoggedOut);
}

Verdict on_kick_pc(ClientContext& client, const PduHeader& header, const IM::Login::IMKickPCClientReq& /*request*/) {
  ClientSession& session = client.session;
  if (session.client_class != ClientClass::kMobile) {
    return Verdict::refused(ERROR_NOT_ALLOWED, "only a mobile client can remove its user's PC session");
  }
  client.server.sessions.kick_pc(session.user);
  IM::Login::IMKickPCClientRsp response;
  response.set_user_id(session.user);
  response.set_result_code(0);
  send_pdu(client.connection, response, header.seq_num);
  return Verdict::handled();
}

Verdict on_heartbeat(ClientContext& client, const PduHeader& header, const IM::Other::IMHeartBeat& request) {
  if (!request.want_status() || client.session.phase != Phase::kOnline) {
    send_heartbeat(client.connection, header.seq_num);
    return Verdict::handled();
  }
  const int64_t now = client.server.loop.unix_seconds();
  return answer_from_store<uint32_t>(
      client, header, [user = client.session.user](Database& db) { return db.unread_total(user); },
      [now, seq_num = header.seq_num](Connection& connection, uint32_t total) {
        IM::Other::IMHeartBeat response;
        response.set_server_time(static_cast<uint32_t>(now));
        response.set_unread_total(total);
        send_pdu(connection, response, seq_num);
      });
}

Verdict on_server_time(ClientContext& client, const PduHeader& header,
                       const IM::Message::IMClientTimeReq& /*request*/) {
  IM::Message::IMClientTimeRsp response;
  response.set_server_time(static_cast<uint32_t>(client.server.loop.unix_seconds()));
  send_pdu(client.connection, response, header.seq_num);
  return Verdict::handled();
}

}  // namespace talkbeat
