#pragma once

#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/connection_table.h"
#include "msg_server/user_directory.h"

namespace talkbeat {

/// Tells PC sessions when a user that they are interested in comes or goes (IMUserStatNotify; PROTOCOL.md, "What the
/// server sends unasked"). Changes are gathered for a moment and only the net change is sent, so that a reconnect tells
/// nobody anything. The loop's thread only.
class StatusNotifier {
 public:
  struct Limits {
    Tick gather_ms = 200;
    size_t max_watched_users = 10'000;  ///< for one session; past it, no more are added
  };

  StatusNotifier(ConnectionTable& connections, const UserDirectory& users, const Limits& limits);

  /// The session wants to know about this user.
  void watch(ConnId session, UserId user);
  /// The session has ended.
  void forget(ConnId session);

  /// Before each change of the directory that concerns this user.
  void about_to_change(UserId user);

  size_t watched_users() const { return watchers_.size(); }

 private:
  void tell_net_changes();
  void tell(UserId user, bool online);

  ConnectionTable& connections_;
  const UserDirectory& users_;
  Limits limits_;
  Timer gather_timer_;
  std::unordered_map<UserId, std::unordered_set<ConnId>> watchers_;
  std::unordered_map<ConnId, std::unordered_set<UserId>> watched_by_;
  std::unordered_map<UserId, Presence> before_;  // as it was when the gathering began
};

}  // namespace talkbeat
