#pragma once

#include <map>
#include <vector>

#include "base/connection_table.h"
#include "login_server/config.h"
#include "login_server/presence.h"
#include "proto/server.pb.h"

namespace talkbeat::login {

/// A server's id is that of its link.
inline ServerId server_of(const Connection& link) {
  return ServerId{static_cast<uint64_t>(link.id())};
}
constexpr ConnId link_of(ServerId server) {
  return ConnId{static_cast<uint64_t>(server)};
}
/// What the log shows.
constexpr uint64_t log_number(ServerId server) {
  return log_number(link_of(server));
}

/// Tells each msg_server about the users on the other ones: all of them once it has said who is on it, and from then on
/// the net changes of each moment. What a msg_server knows from here is therefore "online elsewhere", and never
/// includes its own sessions. Owned by the Cluster; the loop's thread only.
///
///   feed.add(server);          // when it has registered and sent its users
///   feed.presence_changed();   // whenever Presence may have changed
class PresenceFeed {
 public:
  PresenceFeed(ConnectionTable& connections, Presence& presence, const PresenceSettings& settings);

  /// With the next batch it gets all users of the others. Idempotent.
  void add(ServerId server);
  void remove(ServerId server) { told_.erase(server); }
  void presence_changed();

 private:
  using Users = IM::Server::IMOnlineUserInfo;

  void send_batch();
  void send_changes(const std::vector<ServerId>& told, const std::vector<PresenceChange>& changes);
  void send_all(ServerId server);
  static void append(Users& users, const Session& session, bool online);
  // Both leave `users` empty.
  void send_to(ServerId server, Users& users);
  void send_to_others(const std::vector<ServerId>& servers, ServerId except, Users& users);

  ConnectionTable& connections_;
  Presence& presence_;
  const PresenceSettings& settings_;
  Timer timer_;
  std::map<ServerId, bool> told_;  // whether it has had all users already
};

}  // namespace talkbeat::login
