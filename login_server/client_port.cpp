#include "login_server/client_port.h"

#include "base/check.h"

namespace talkbeat::login {

namespace {

enum class Phase : uint8_t { kAsking };

struct Context {
  ClientPort& port;
  Connection& connection;
};

Verdict on_msg_server_request(Context& context, const PduHeader& header, const IM::Login::IMMsgServReq& /*request*/) {
  context.port.answer(context.connection, header.seq_num);
  return Verdict::close(CloseReason::kAnswered);
}

constexpr std::array kRoutes{
    route<on_msg_server_request>(in({Phase::kAsking})),
};
static_assert(strictly_increasing(kRoutes), "a command stands twice or out of order");

IM::BaseDefine::ResultType result_code(AllocationResult result) {
  switch (result) {
    case AllocationResult::kAllocated:
      return IM::BaseDefine::REFUSE_REASON_NONE;
    case AllocationResult::kNoServer:
      return IM::BaseDefine::REFUSE_REASON_NO_MSG_SERVER;
    case AllocationResult::kAllFull:
      return IM::BaseDefine::REFUSE_REASON_MSG_SERVER_FULL;
  }
  CHECK(false);
}

}  // namespace

ClientPort::ClientPort(ConnectionTable& connections, Discovery& discovery, const ClientPortSettings& settings)
    : connections_(connections),
      discovery_(discovery),
      settings_(settings),
      liveness_(
          {.handshake_timeout_ms = settings.request_timeout_ms, .handshake_reason = CloseReason::kRequestTimeout}) {
  connections_.watch_liveness(liveness_);
}

void ClientPort::accept(SocketHandle socket, const Address& peer, std::unique_ptr<TlsChannel> tls) {
  Connection& connection = connections_.adopt(socket, peer, *this, std::move(tls));
  connection.set_attachment(std::make_unique<PduPeer>());
  liveness_.join(connection, connection.now());
  const size_t of_address = open_by_address_.add(peer.ip);
  if (++open_ <= settings_.max_connections && of_address <= settings_.max_connections_per_address) return;
  IM::Login::IMMsgServRsp full;
  full.set_result_code(IM::BaseDefine::REFUSE_REASON_MSG_SERVER_FULL);
  send_pdu(connection, full);
  connection.close(CloseReason::kTooManyConnections);
}

void ClientPort::answer(Connection& connection, uint16_t seq_num) {
  const Directions directions = discovery_.direct(connection);
  IM::Login::IMMsgServRsp response;
  response.set_result_code(result_code(directions.result));
  if (directions.result == AllocationResult::kAllocated) {
    response.set_prior_ip(directions.prior_ip);
    response.set_backip_ip(directions.backup_ip);
    response.set_port(directions.port);
    if (directions.tls_port != 0) response.set_tls_port(directions.tls_port);
  }
  send_pdu(connection, response, seq_num);
}

void ClientPort::on_close(Connection& connection, CloseReason /*reason*/) {
  --open_;
  open_by_address_.remove(connection.peer().ip);
}

Verdict ClientPort::on_pdu(Connection& connection, const PduHeader& header, std::span<const std::byte> body) {
  Context context{*this, connection};
  return dispatch(kRoutes, context, Phase::kAsking, {}, header, body);
}

}  // namespace talkbeat::login
