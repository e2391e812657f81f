#include "msg_server/remote_presence.h"

#include <algorithm>

namespace talkbeat {

RemotePresence::RemotePresence(EventLoop& loop, UserDirectory& users, StatusNotifier& status,
                               const ClusterSettings& settings)
    : loop_(loop), users_(users), status_(status), settings_(settings), grace_timer_(loop.timers(), [this] {
        forget_old();
      }) {}

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
  last_lost_at_ = loop_.now();
  // What is kept already does not last longer where links come and go.
  if (!grace_timer_.armed()) forget_old();
}

void RemotePresence::settings_changed() {
  if (grace_timer_.armed()) wait_for_end();
}

void RemotePresence::forget(size_t source) {
  users_.for_each_remote(source, [this](UserId user) { status_.about_to_change(user); });
  users_.forget_source(source);
}

void RemotePresence::forget_old() {
  users_.for_each_old_kept([this](UserId user) { status_.about_to_change(user); });
  users_.forget_kept();
  old_lost_at_ = last_lost_at_;
  if (users_.keeps_any()) wait_for_end();
}

void RemotePresence::wait_for_end() {
  const Tick end = old_lost_at_ + settings_.presence_grace_ms;
  grace_timer_.start_once(std::max(end, loop_.now()) - loop_.now());
}

}  // namespace talkbeat
