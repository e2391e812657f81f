#pragma once

#include "base/event_loop.h"
#include "msg_server/config.h"
#include "msg_server/status_notifier.h"
#include "msg_server/user_directory.h"

namespace talkbeat {

/// What the login_servers say of who is online on other msg_servers, and how long that counts when one is lost. Where
/// no other one knows of everybody, it is kept for cluster.presence_grace: a login_server that is restarted tells
/// within this time who is there, as the msg_servers register with it again, and those who watch are told the
/// difference only. What is lost while something is kept already has a later deadline, shared with what is lost after
/// it; nothing is kept for twice the grace. Owned by the MsgServer; the loop's thread only.
///
///   presence.online(source, user, client_class, session);
///   presence.source_lost(source, bus.settled());
class RemotePresence {
 public:
  /// All of them outlive it; the grace in `settings` may change, see settings_changed().
  RemotePresence(EventLoop& loop, UserDirectory& users, StatusNotifier& status, const ClusterSettings& settings);

  void online(size_t source, UserId user, ClientClass client_class, const SessionInfo& session);
  void offline(size_t source, UserId user, ClientClass client_class);
  /// `others_know`: another source is there that knows of everybody.
  void source_lost(size_t source, bool others_know);
  /// What is kept is kept for the new grace, from its loss on.
  void settings_changed();

 private:
  void forget(size_t source);
  void forget_old();
  void wait_for_end();

  EventLoop& loop_;
  UserDirectory& users_;
  StatusNotifier& status_;
  const ClusterSettings& settings_;
  Timer grace_timer_;     // armed: something may be kept
  Tick old_lost_at_ = 0;  // what the timer's end forgets
  Tick last_lost_at_ = 0;
};

}  // namespace talkbeat
