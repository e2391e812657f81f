#pragma once

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "login_server/presence_feed.h"
#include "login_server/recent_relays.h"
#include "login_server/server_registry.h"
#include "proto/relay_to_users.h"
#include "proto/server.pb.h"
#include "proto/talkbeat.pb.h"

namespace talkbeat::login {

/// Who is at the other end of a link: proved in the handshake.
struct ServerIdentity {
  std::string name;
  uint64_t epoch = 0;
};

/// What the msg_servers have said, and what follows from it for the other ones: who is registered, who is online where,
/// kicks, relayed PDUs, sweeps. Links are named by ServerId; sending to one that has gone does nothing. Owned by the
/// LoginServer; the loop's thread only.
///
///   cluster.add_server(link, identity, info);
///   cluster.take_users(server_of(link), list);
///   cluster.relay(server_of(link), relay);
///   cluster.remove_server(server_of(link), reason);
class Cluster {
 public:
  Cluster(ConnectionTable& connections, Metrics& metrics, const LoginServerConfig& config);

  /// Registers the msg_server of a link that is not registered yet. An older link of the same name is closed, and what
  /// it said is void.
  void add_server(Connection& link, const ServerIdentity& identity, const IM::Server::IMMsgServInfo& info);
  /// Something of its registration has changed.
  void update_server(ServerId id, const IM::Server::IMMsgServInfo& info);
  /// Its link has gone, and its users with it. What it relayed last may be lost: the others are told to sweep.
  void remove_server(ServerId id, CloseReason reason);

  void take_load(ServerId id, const ServerLoad& load);
  void count_client(ServerId id, bool more) { registry_.count_client(id, more); }
  void take_users(ServerId id, const IM::Server::IMOnlineUserInfo& users);
  void take_status(ServerId id, const IM::Server::IMUserStatusUpdate& update);

  /// To the msg_server where the user has a session of that class, unless it is the one that asks.
  void kick(ServerId from, const IM::Server::IMServerKickUser& order);
  /// To each other msg_server that has one of the users, once; what is for a group, or for those who are interested in
  /// a user, to all of them: who that is they know themselves.
  /// `body`: the relay as it came, and as it is passed on.
  void relay(ServerId from, const TbRelay& relay, std::span<const std::byte> body);
  void relay_to_users(ServerId from, const RelayToUsers& relay, std::span<const std::byte> body);

  ServerRegistry& registry() { return registry_; }
  const Presence& presence() const { return presence_; }

 private:
  void online(const Session& session);
  void offline(ServerId id, uint32_t user_id, ClientClass client_class, uint64_t login_stamp);
  void send_kick(const KickVerdict& verdict);
  void end_session(ServerId from, const IM::Server::IMServerKickUser& order);
  void send_recent_relays(const Session& session);
  void note_owed(const std::string& name);
  /// From where on the others have to sweep because of this server, which registers; empty: they need not.
  std::optional<uint64_t> missed_after(const std::string& name, const IM::Server::IMMsgServInfo& info);
  void sweep_others(ServerId except, uint64_t after_sequence);
  /// The servers that are registered now. A copy: sending may close a link that does not read, which changes the
  /// registry.
  std::vector<ServerId> all_but(ServerId except) const;
  template <class Users>
  void collect_servers_of(const Users& users, std::optional<uint32_t> client_class, ServerId from);
  void count_relay();

  ConnectionTable& connections_;
  ServerRegistry registry_;
  Presence presence_;
  RecentRelays recent_relays_;
  PresenceFeed feed_;
  Counter relays_forwarded_;
  Counter relays_dropped_;
  Counter relay_copies_;
  Counter kicks_;
  Counter sweeps_;
  std::vector<ServerId> targets_;  // scratch of relay()
  // By name, the servers that have gone, and how far the store had got. Without a link they go on serving: what they
  // stored then nobody else has heard of, and a process that begins anew does not know of it.
  std::map<std::string, uint64_t> lost_;
  // From where the msg_servers were told to sweep, and when; and by name, the servers whose links broke soon after:
  // that order may have been lost with the link.
  struct Told {
    Tick at;
    uint64_t after_sequence;
  };
  std::deque<Told> told_;
  std::map<std::string, uint64_t> owed_;
  // The lowest place from which a server had to sweep when it registered: what this login_server can know of begins
  // there. What was stored before had been relayed when the one before it died.
  std::optional<uint64_t> begin_;
};

}  // namespace talkbeat::login
