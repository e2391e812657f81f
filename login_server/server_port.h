#pragma once

#include "base/cluster_auth.h"
#include "base/intrusive_list.h"
#include "base/pdu_protocol.h"
#include "login_server/cluster.h"
#include "login_server/discovery.h"

namespace talkbeat::login {

/// How far a link to a msg_server has come.
enum class LinkPhase : uint8_t {
  kChallenged,  ///< our TbChallenge is out: nothing but the proof is accepted
  kProven,      ///< both sides hold the cluster key
  kRegistered,  ///< it has said where it serves clients
};

/// What a link keeps.
struct LinkPeer : PduPeer, ListNode<struct UnprovenTag> {
  std::string subject() const override { return identity.name; }

  ConnId conn = ConnId::kNone;
  LinkPhase phase = LinkPhase::kChallenged;
  std::string nonce;
  ServerIdentity identity;  ///< from kProven on
};

/// Port 8100: the links of the msg_servers. Checks who they are, keeps the links alive, and hands what they say to the
/// Cluster. Nothing of a peer that has not proved the key has any effect, and such peers have few places, which they
/// lose to each other. Owned by the LoginServer; the loop's thread.
///
///   ServerPort servers(connections, cluster, discovery, rng, key, config.cluster);
///   Listener listener(loop, tcp, [&](SocketHandle socket, const Address& peer) { servers.accept(socket, peer); });
class ServerPort final : public PduProtocol {
 public:
  ServerPort(ConnectionTable& connections, Cluster& cluster, Discovery& discovery, Rng& rng, const ClusterKey& key,
             const ServerPortSettings& settings);

  void accept(SocketHandle socket, const Address& peer);
  /// Counts at once for all links.
  void settings_changed() { liveness_.set_policy(settings_.link.liveness); }

  const char* role() const override { return "server_link"; }
  void on_close(Connection& connection, CloseReason reason) override;
  void on_heartbeat_due(Connection& connection) override;

  // For the handlers.
  Verdict prove(Connection& link, const PduHeader& header, const TbServerAuth& proof);
  Verdict take_info(Connection& link, const IM::Server::IMMsgServInfo& info);
  void take_heartbeat(Connection& link, const IM::Other::IMHeartBeat& heartbeat);
  /// It will close this link, and says why: for the log.
  void take_go_away(const Connection& link, const TbGoAway& notice) const;
  Cluster& cluster() { return cluster_; }
  Discovery& discovery() { return discovery_; }

  /// A server's name is at most this long.
  static constexpr size_t kMaxName = 128;

 private:
  Verdict on_pdu(Connection& connection, const PduHeader& header, std::span<const std::byte> body) override;
  bool takes_go_away(const Connection& connection) const override;
  const char* why_refused(const LinkPeer& peer, const TbServerAuth& proof) const;
  void make_room();
  void no_stranger_now(LinkPeer& peer);

  ConnectionTable& connections_;
  Cluster& cluster_;
  Discovery& discovery_;
  Rng& rng_;
  ClusterAuth auth_;
  const ServerPortSettings& settings_;
  Liveness liveness_;
  size_t proven_ = 0;
  size_t unproven_ = 0;
  IntrusiveList<LinkPeer, UnprovenTag> by_arrival_;  // those that have not proved the key
};

}  // namespace talkbeat::login
