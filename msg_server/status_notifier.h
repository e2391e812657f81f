#pragma once

#include <unordered_map>

#include "base/connection_table.h"
#include "msg_server/user_directory.h"
#include "msg_server/watchers.h"

namespace talkbeat {

/// Tells PC sessions when a user that they watch comes or goes (IMUserStatNotify; PROTOCOL.md, "What the server sends
/// unasked"). Changes are gathered for a moment and only the net change is sent, so that a reconnect tells nobody
/// anything. The loop's thread only.
///
///   status.about_to_change(user);
///   users.remote_online(source, user, client_class, session);
class StatusNotifier {
 public:
  /// All of them outlive it. The connections that watch have a ClientSession.
  StatusNotifier(ConnectionTable& connections, const UserDirectory& users, const Watchers& watchers, Tick gather_ms);

  /// Before each change of the directory that concerns this user.
  void about_to_change(UserId user);
  /// Before somebody is answered what the user's status is: whoever watches is told of what has been gathered, so that
  /// a change that is undone after the answer counts as one.
  void settle(UserId user);

 private:
  void tell_net_changes();
  void tell_if_changed(UserId user, Presence before);
  void tell(UserId user, bool online);

  ConnectionTable& connections_;
  const UserDirectory& users_;
  const Watchers& watchers_;
  const Tick gather_ms_;
  Timer gather_timer_;
  std::unordered_map<UserId, Presence> before_;  // as it was when the gathering began
};

}  // namespace talkbeat
