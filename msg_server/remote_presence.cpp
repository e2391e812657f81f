#include "msg_server/remote_presence.h"

namespace talkbeat {

RemotePresence::RemotePresence(EventLoop& loop, UserDirectory& users, StatusNotifier& status,
                               const ClusterSettings& settings)
    : users_(users), status_(status), settings_(settings), grace_timer_(loop.timers(), [this] { end_grace(); }) {}

void RemotePresence::online(size_t source, UserId user, ClientClass client_class, const SessionInfo& session) {
  status_.about_to_change(user);
  users_.remote_online(source, user, client_class, session);
}

void RemotePresence::offline(size_t source, UserId user, ClientClass client_class) {
  status_.about_to_change(user);
  users_.remote_offline(source, user, client_class);
}

void RemotePresence::source_lost(size_t source, bool others_know) {
  if (others_know || settings_.presence_grace_ms == 0) return forget(source);
  users_.keep_source(source);
  // What is kept already does not last longer where links come and go.
  if (!grace_timer_.armed()) grace_timer_.start_once(settings_.presence_grace_ms);
}

void RemotePresence::forget(size_t source) {
  users_.for_each_remote(source, [this](UserId user) { status_.about_to_change(user); });
  users_.forget_source(source);
}

void RemotePresence::end_grace() {
  users_.for_each_kept([this](UserId user) { status_.about_to_change(user); });
  users_.forget_kept();
}

}  // namespace talkbeat
