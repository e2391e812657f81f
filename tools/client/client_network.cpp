#include "tools/client/client_network.h"

#include "base/log.h"

namespace talkbeat {

namespace {

struct ServerPeer final : PduPeer {
  PduSink* sink = nullptr;
};

PduSink* sink_of(const Connection& connection) {
  return connection.attachment<ServerPeer>().sink;
}

void log_close(const Connection& connection, CloseReason reason) {
  log_debug("connection_closed",
            {{"conn", connection.id()}, {"peer", connection.peer().to_string()}, {"reason", to_string(reason)}});
}

}  // namespace

std::string words_for_lost(const Connection& connection, CloseReason reason) {
  const std::string server = connection.peer().to_string();
  if (reason == CloseReason::kTlsFailed && was_distrusted(connection)) {
    return "the certificate of " + server + " is not to be trusted (" + connection.tls()->error() +
           "): check the name by which you know the server, and name the file of the certificate's issuer (--ca)";
  }
  if (reason == CloseReason::kTlsFailed) return "no TLS with " + server + " (" + connection.tls()->error() + ")";
  if (reason == CloseReason::kTlsTruncated) return "the connection was cut off";
  if (reason == CloseReason::kPeerClosed || reason == CloseReason::kPeerReset)
    return "the server closed the connection";
  if (reason == CloseReason::kSilent || reason == CloseReason::kUnacknowledged) return "the server does not answer";
  if (reason == CloseReason::kHandshakeTimeout) return "the server did not answer the login";
  return std::string("connection lost: ") + to_string(reason);
}

bool was_distrusted(const Connection& connection) {
  return connection.tls() != nullptr && connection.tls()->distrusts_peer();
}

ClientNetwork::ClientNetwork(EventLoop& loop, Rng& rng) : rng_(rng), connections_(loop, log_close) {
  loop.add_turn_handler(*this);
}

Status ClientNetwork::use_tls(const std::string& ca, const std::string& name) {
  Result<TlsContext> context = TlsContext::client({.ca = ca});
  if (!context.ok()) return Error{context.message()};
  tls_ = std::move(context.value());
  tls_name_ = name;
  return {};
}

Connection& ClientNetwork::adopt(SocketHandle socket, const Address& peer, PduSink& sink,
                                 const LivenessPolicy& policy) {
  Connection& connection = connections_.adopt(socket, peer, *this, tls_ ? tls_->connect(tls_name_) : nullptr);
  auto attachment = std::make_unique<ServerPeer>();
  attachment->sink = &sink;
  attachment->max_pdu = kMaxPdu;
  connection.set_attachment(std::move(attachment));
  liveness_for(policy).join(connection, loop().now());
  return connection;
}

void ClientNetwork::hand_over(Connection& connection, PduSink& sink) {
  connection.attachment<ServerPeer>().sink = &sink;
}

void ClientNetwork::release(ConnId id, CloseReason reason) {
  Connection* connection = connections_.find(id);
  if (connection == nullptr) return;
  connection->attachment<ServerPeer>().sink = nullptr;
  connection->close(reason);
}

// A server that sends what cannot be understood is left: answering it with an error would help nobody.
Verdict ClientNetwork::on_pdu(Connection& connection, const PduHeader& header, std::span<const std::byte> body) {
  PduSink* sink = sink_of(connection);
  if (sink == nullptr) return Verdict::handled();
  const Verdict verdict = sink->on_pdu(connection, header, body, arena_);
  arena_.Reset();
  return verdict.kind == Verdict::Kind::kRefused ? Verdict::close(CloseReason::kProtocolError) : verdict;
}

void ClientNetwork::on_close(Connection& connection, CloseReason reason) {
  if (PduSink* sink = sink_of(connection)) sink->on_closed(connection, reason);
}

void ClientNetwork::on_heartbeat_due(Connection& connection) {
  if (PduSink* sink = sink_of(connection)) sink->on_heartbeat_due(connection);
}

void ClientNetwork::on_drained(Connection& connection) {
  if (PduSink* sink = sink_of(connection)) sink->on_drained(connection);
}

Liveness& ClientNetwork::liveness_for(const LivenessPolicy& policy) {
  for (const auto& liveness : liveness_) {
    if (liveness->policy() == policy) return *liveness;
  }
  liveness_.push_back(std::make_unique<Liveness>(policy));
  connections_.watch_liveness(*liveness_.back());
  return *liveness_.back();
}

}  // namespace talkbeat
