#include "msg_server/client_port.h"

#include "base/log.h"
#include "msg_server/client_limits.h"
#include "msg_server/client_routes.h"
#include "msg_server/files/transfers.h"
#include "msg_server/sessions.h"

namespace talkbeat {

namespace {

constexpr Verdict kNotLoggedIn = Verdict::refused(ERROR_NOT_LOGGED_IN, "log in first");
constexpr Verdict kAlreadyLoggedIn = Verdict::refused(ERROR_ALREADY_LOGGED_IN, "already logged in, or about to be");
constexpr Verdict kOnlyForFiles = Verdict::refused(ERROR_NOT_ALLOWED, "only on a connection that carries a file");
constexpr Verdict kNotForFiles = Verdict::refused(ERROR_NOT_ALLOWED, "not on a connection that carries a file");

Verdict refusal_of_unknown(const PduHeader& header) {
  if (header.service_id != service_of(header.command_id)) {
    return Verdict::refused(ERROR_MALFORMED, "service_id and command_id disagree");
  }
  return Verdict::refused(ERROR_UNKNOWN_COMMAND, "no such command here");
}

bool is_login(const PduHeader& header) {
  return header.command_id == IM::BaseDefine::CID_LOGIN_REQ_USERLOGIN ||
         header.command_id == IM::BaseDefine::CID_FILE_LOGIN_REQ;
}

// A file's bytes come as fast as they were asked for, and who asks for too many waits (TransferRole). What is refused
// is paid for at once.
bool is_paid_for_later(const ClientSession& session, const PduHeader& header) {
  return session.phase == Phase::kTransfer && (header.command_id == IM::BaseDefine::CID_FILE_PULL_DATA_REQ ||
                                               header.command_id == IM::BaseDefine::CID_FILE_PULL_DATA_RSP);
}

}  // namespace

ClientPort::ClientPort(MsgServerParts& parts)
    : parts_(parts),
      tls_(parts.config.tls, parts.connections),
      listener_(parts.loop, parts.config.tcp.clients,
                [this](SocketHandle socket, const Address& peer) { accept(socket, peer, nullptr); }),
      tls_listener_(parts.loop, parts.config.tcp.clients,
                    [this](SocketHandle socket, const Address& peer) { accept(socket, peer, tls_.accept()); }) {}

Status ClientPort::start() {
  if (Status status = tls_.start(); !status.ok()) return status;
  if (Status status = listener_.start(parts_.config.client.listen); !status.ok()) return status;
  parts_.ports.plain = listener_.address().port;
  if (!tls_.on()) return {};
  if (Status status = tls_listener_.start(parts_.config.tls_listen); !status.ok()) return status;
  parts_.ports.tls = tls_listener_.address().port;
  return {};
}

void ClientPort::stop_accepting() {
  listener_.stop();
  tls_listener_.stop();
}

void ClientPort::settings_changed() {
  tls_.settings_changed();
  for_each([this](Connection& connection) { renew_limits(parts_.config, connection); });
}

void ClientPort::for_each(const std::function<void(Connection&)>& visit) {
  parts_.connections.for_each([&](Connection& connection) {
    if (&connection.protocol() == this) visit(connection);
  });
}

bool ClientPort::admit(const Address& peer) const {
  const ClientSettings& settings = parts_.config.client;
  return open_ <= settings.max_connections && open_by_address_.of(peer.ip) <= settings.max_connections_per_address;
}

void ClientPort::accept(SocketHandle socket, const Address& peer, std::unique_ptr<TlsChannel> tls) {
  const ClientSettings& settings = parts_.config.client;
  Connection& connection = parts_.connections.adopt(socket, peer, *this, std::move(tls));
  connection.set_attachment(
      std::make_unique<ClientSession>(TokenBucket(settings.message_rate, settings.message_burst, connection.now()),
                                      TokenBucket(settings.request_rate, settings.request_burst, connection.now())));
  apply_limits(parts_.config, connection);
  parts_.liveness.begin(connection);
  ++open_;
  open_by_address_.add(peer.ip);
  if (admit(peer)) return;

  IM::Login::IMLoginRes response;
  response.set_server_time(static_cast<uint32_t>(parts_.loop.unix_seconds()));
  response.set_result_code(IM::BaseDefine::REFUSE_REASON_MSG_SERVER_FULL);
  response.set_result_string("this server has as many connections as it may: ask login_server for another one");
  send_pdu(connection, response);
  connection.close(CloseReason::kTooManyConnections);
}

Verdict ClientPort::on_pdu(Connection& connection, const PduHeader& header, std::span<const std::byte> body) {
  auto& session = connection.attachment<ClientSession>();
  if (!is_paid_for_later(session, header) && !session.requests.take(connection.now())) return rate_limited(session);
  ClientContext client{parts_, connection, session};
  return dispatch(kClientRoutes, client, session.phase, denials(session, header), header, body);
}

// Before the login nobody learns which commands there are.
PduProtocol::Denials ClientPort::denials(const ClientSession& session, const PduHeader& header) {
  if (session.phase != Phase::kFresh && is_login(header)) return {kAlreadyLoggedIn, kAlreadyLoggedIn};
  switch (session.phase) {
    case Phase::kFresh:
    case Phase::kLoggingIn:
      return {kNotLoggedIn, kNotLoggedIn};
    case Phase::kOnline:
      return {refusal_of_unknown(header), kOnlyForFiles};
    case Phase::kTransfer:
      return {refusal_of_unknown(header), kNotForFiles};
  }
  CHECK(false);
}

// Whoever is there answers it, or says anything else.
void ClientPort::on_heartbeat_due(Connection& connection) {
  send_heartbeat(connection);
}

void ClientPort::on_time_to_leave(Connection& connection, CloseReason reason) {
  tell_why(connection, reason);
}

void ClientPort::on_drained(Connection& connection) {
  parts_.transfers.drained(connection);
}

void ClientPort::on_close(Connection& connection, CloseReason /*reason*/) {
  parts_.transfers.left(connection);
  parts_.sessions.end(connection, connection.attachment<ClientSession>());
  --open_;
  open_by_address_.remove(connection.peer().ip);
}

}  // namespace talkbeat
