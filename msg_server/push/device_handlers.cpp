#include <algorithm>

#include "msg_server/client_answers.h"
#include "msg_server/handlers.h"

namespace talkbeat {

namespace {

// It goes into JSON and comes back from there.
bool is_printable(const std::string& token) {
  return std::all_of(token.begin(), token.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

template <class Response>
Response shield_answer(UserId user, uint32_t result_code) {
  Response response;
  response.set_user_id(user);
  response.set_result_code(result_code);
  return response;
}

/// What the store calls back: `response` with the outcome's result_code; a TbError where it could not do its work.
template <class Response, class T>
void answer_shield(ConnectionTable& connections, ConnId conn, const PduHeader& header, Response response,
                   const StoreResult<T>& result) {
  Connection* connection = connections.find(conn);
  if (connection == nullptr) return;
  const auto code = result.ok() ? std::optional<ErrorCode>() : result_code_of(result.error());
  if (!result.ok() && !code) return send_error(*connection, header, refusal_of(result.error()));
  if (code) {
    response.set_result_code(*code);
    response.clear_shield_status();
  }
  send_pdu(*connection, response, header.seq_num);
}

}  // namespace

Verdict on_device_token(ClientContext& client, const PduHeader& header, const IM::Login::IMDeviceTokenReq& request) {
  const ClientSession& session = client.session;
  if (session.client_class != ClientClass::kMobile) {
    return Verdict::refused(ERROR_NOT_ALLOWED, "only a mobile client has a device token");
  }
  const std::string& token = request.device_token();
  if (token.size() > client.server.config.push.max_token || !is_printable(token)) {
    return Verdict::refused(ERROR_INVALID_ARGUMENT, "the device token is too long or not printable");
  }
  std::optional<Device> device;
  if (!token.empty()) device = Device{token, session.info.client_type};
  const UserId user = session.user;
  client.server.store.write<Done>(
      [user, device](Database& db) { return db.set_device(user, device); },
      answer_to<Done>(client, header, [user, seq_num = header.seq_num](Connection& connection, Done) {
        IM::Login::IMDeviceTokenRsp response;
        response.set_user_id(user);
        send_pdu(connection, response, seq_num);
      }));
  return Verdict::handled();
}

Verdict on_push_shield(ClientContext& client, const PduHeader& header, const IM::Login::IMPushShieldReq& request) {
  using Response = IM::Login::IMPushShieldRsp;
  const UserId user = client.session.user;
  if (request.shield_status() > 1) {
    send_pdu(client.connection, shield_answer<Response>(user, ERROR_INVALID_ARGUMENT), header.seq_num);
    return Verdict::handled();
  }
  auto response = shield_answer<Response>(user, 0);
  response.set_shield_status(request.shield_status());
  client.server.store.write<Done>(
      [user, on = request.shield_status() == 1](Database& db) { return db.set_push_shield(user, on); },
      [&connections = client.server.connections, conn = client.connection.id(), header,
       response](const StoreResult<Done>& done) { answer_shield(connections, conn, header, response, done); });
  return Verdict::handled();
}

Verdict on_query_push_shield(ClientContext& client, const PduHeader& header,
                             const IM::Login::IMQueryPushShieldReq& /*request*/) {
  using Response = IM::Login::IMQueryPushShieldRsp;
  const UserId user = client.session.user;
  if (has_too_many_pending(client)) return kTooManyPending;
  read_for<bool>(
      client.server, client.connection, [user](Database& db) { return db.push_shield(user); },
      [&connections = client.server.connections, header, user](Connection& connection, const StoreResult<bool>& on) {
        auto response = shield_answer<Response>(user, 0);
        if (on.ok()) response.set_shield_status(on.value() ? 1 : 0);
        answer_shield(connections, connection.id(), header, response, on);
      });
  return Verdict::handled();
}

}  // namespace talkbeat
