#include "login_server/server_port.h"

#include "base/check.h"
#include "base/log.h"
#include "base/utf8.h"
#include "login_server/server_routes.h"

namespace talkbeat::login {

namespace {

// An address is a few bytes; clients get it as it is.
constexpr int kMaxIpText = 255;

bool valid(const IM::Server::IMMsgServInfo& info) {
  return info.port() > 0 && info.port() <= UINT16_MAX && info.http_port() <= UINT16_MAX &&
         info.tls_port() <= UINT16_MAX && info.ip1().size() <= kMaxIpText && info.ip2().size() <= kMaxIpText &&
         is_plain_text(info.ip1()) && is_plain_text(info.ip2());
}

}  // namespace

ServerPort::ServerPort(ConnectionTable& connections, Cluster& cluster, Discovery& discovery, Rng& rng,
                       const ClusterKey& key, const ServerPortSettings& settings)
    : connections_(connections),
      cluster_(cluster),
      discovery_(discovery),
      rng_(rng),
      auth_(key),
      settings_(settings),
      liveness_(settings.link.liveness) {
  connections_.watch_liveness(liveness_);
}

void ServerPort::accept(SocketHandle socket, const Address& peer) {
  Connection& link = connections_.adopt(socket, peer, *this);
  auto attached = std::make_unique<LinkPeer>();
  attached->conn = link.id();
  by_arrival_.push_back(*attached);
  attached->nonce = ClusterAuth::make_nonce(rng_);
  TbChallenge challenge;
  challenge.set_nonce(attached->nonce);
  link.set_attachment(std::move(attached));
  liveness_.join(link, link.now());
  send_pdu(link, challenge);
  if (++unproven_ > settings_.max_unproven) make_room();
}

// A msg_server proves itself within a moment: who has waited longest is none.
void ServerPort::make_room() {
  Connection* oldest = connections_.find(by_arrival_.front().conn);
  CHECK(oldest != nullptr);  // who closes has left the list
  oldest->close(CloseReason::kTooManyConnections);
}

void ServerPort::no_stranger_now(LinkPeer& peer) {
  static_cast<ListNode<UnprovenTag>&>(peer).unlink();
  --unproven_;
}

void ServerPort::on_close(Connection& connection, CloseReason reason) {
  auto& peer = connection.attachment<LinkPeer>();
  if (peer.phase == LinkPhase::kChallenged) {
    no_stranger_now(peer);
  } else {
    --proven_;
  }
  if (peer.phase == LinkPhase::kRegistered) {
    cluster_.remove_server(server_of(connection), reason);
  }
}

void ServerPort::on_heartbeat_due(Connection& connection) {
  // A stranger gets the challenge, and nothing else.
  if (connection.attachment<LinkPeer>().phase == LinkPhase::kChallenged) return;
  send_heartbeat(connection);
}

// Before it has proved the key it learns nothing from us.
bool ServerPort::takes_go_away(const Connection& connection) const {
  return connection.attachment<LinkPeer>().phase != LinkPhase::kChallenged;
}

void ServerPort::take_go_away(const Connection& link, const TbGoAway& notice) const {
  log_warn("msg_server_leaves", {{"conn", link.id()},
                                 {"name", link.subject()},
                                 {"reason", GoAwayReason_Name(notice.reason())},
                                 {"text", notice.text()}});
}

Verdict ServerPort::on_pdu(Connection& connection, const PduHeader& header, std::span<const std::byte> body) {
  const LinkPhase phase = connection.attachment<LinkPeer>().phase;
  LinkContext context{*this, connection};
  const Verdict verdict = dispatch(kLinkRoutes, context, phase, {}, header, body);
  if (phase != LinkPhase::kChallenged || verdict.kind != Verdict::Kind::kRefused) return verdict;
  log_warn("server_link_refused", {{"conn", connection.id()},
                                   {"peer", connection.peer().to_string()},
                                   {"why", "no proof of the cluster key"},
                                   {"command", header.command_id}});
  return Verdict::close(CloseReason::kAuthFailed);
}

// nullptr: it holds the key.
const char* ServerPort::why_refused(const LinkPeer& peer, const TbServerAuth& proof) const {
  if (proof.nonce().size() != ClusterAuth::kNonceSize) return "the nonce must be 32 bytes long";
  if (proof.name().empty() || proof.name().size() > kMaxName) return "a name of 1 to 128 bytes is needed";
  const std::string right = auth_.prove_msg_server(peer.nonce, proof.nonce(), proof.epoch(), proof.name());
  return ClusterAuth::same(right, proof.mac()) ? nullptr : "the cluster key is another one";
}

Verdict ServerPort::prove(Connection& link, const PduHeader& header, const TbServerAuth& proof) {
  auto& peer = link.attachment<LinkPeer>();
  const char* refusal = why_refused(peer, proof);
  if (refusal == nullptr && proven_ >= settings_.max_connections)
    return Verdict::close(CloseReason::kTooManyConnections);
  TbServerAuthResult result;
  result.set_accepted(refusal == nullptr);
  if (refusal != nullptr) {
    log_warn("server_link_refused", {{"conn", link.id()}, {"peer", link.peer().to_string()}, {"why", refusal}});
    result.set_text(refusal);
    send_pdu(link, result, header.seq_num);
    return Verdict::close(CloseReason::kAuthFailed);
  }
  result.set_mac(auth_.prove_login_server(peer.nonce, proof.nonce()));
  send_pdu(link, result, header.seq_num);
  no_stranger_now(peer);
  ++proven_;
  peer.phase = LinkPhase::kProven;
  peer.identity = {proof.name(), proof.epoch()};
  peer.max_pdu = settings_.link.max_pdu;
  link.set_out_limits(settings_.link.out);
  liveness_.handshake_done(link, link.now());
  return Verdict::handled();
}

Verdict ServerPort::take_info(Connection& link, const IM::Server::IMMsgServInfo& info) {
  if (!valid(info)) return Verdict::refused(ERROR_INVALID_ARGUMENT, "ports are 1 to 65535, addresses short texts");
  auto& peer = link.attachment<LinkPeer>();
  if (peer.phase == LinkPhase::kRegistered) {
    cluster_.update_server(server_of(link), info);
    return Verdict::handled();
  }
  peer.phase = LinkPhase::kRegistered;
  cluster_.add_server(link, peer.identity, info);
  return Verdict::handled();
}

void ServerPort::take_heartbeat(Connection& link, const IM::Other::IMHeartBeat& heartbeat) {
  if (heartbeat.has_load()) cluster_.take_load(server_of(link), heartbeat.load());
}

}  // namespace talkbeat::login
