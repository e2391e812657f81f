#include "msg_server/status_notifier.h"

#include <utility>

#include "base/pdu_protocol.h"
#include "proto/buddy.pb.h"

namespace talkbeat {

StatusNotifier::StatusNotifier(ConnectionTable& connections, const UserDirectory& users, const Limits& limits)
    : connections_(connections),
      users_(users),
      limits_(limits),
      gather_timer_(connections.loop().timers(), [this] { tell_net_changes(); }) {}

void StatusNotifier::watch(ConnId session, UserId user) {
  std::unordered_set<UserId>& watched = watched_by_[session];
  if (watched.size() >= limits_.max_watched_users || !watched.insert(user).second) return;
  watchers_[user].insert(session);
}

void StatusNotifier::forget(ConnId session) {
  const auto found = watched_by_.find(session);
  if (found == watched_by_.end()) return;
  for (const UserId user : found->second) {
    const auto watchers = watchers_.find(user);
    watchers->second.erase(session);
    if (watchers->second.empty()) watchers_.erase(watchers);
  }
  watched_by_.erase(found);
}

void StatusNotifier::about_to_change(UserId user) {
  if (!watchers_.contains(user)) return;
  before_.try_emplace(user, users_.presence(user));
  if (!gather_timer_.armed()) gather_timer_.start_once(limits_.gather_ms);
}

void StatusNotifier::tell_net_changes() {
  const auto gathered = std::exchange(before_, {});
  for (const auto& [user, before] : gathered) {
    const Presence now = users_.presence(user);
    if (now.pc && !before.pc) {
      tell(user, true);
    } else if (!now.online() && before.online()) {
      tell(user, false);
    }
  }
}

void StatusNotifier::tell(UserId user, bool online) {
  const auto watchers = watchers_.find(user);
  if (watchers == watchers_.end()) return;
  IM::Buddy::IMUserStatNotify notify;
  notify.mutable_user_stat()->set_user_id(user);
  notify.mutable_user_stat()->set_status(online ? IM::BaseDefine::USER_STATUS_ONLINE
                                                : IM::BaseDefine::USER_STATUS_OFFLINE);
  const SharedBytes pdu = encode_pdu(notify);
  // A copy: sending may close a slow reader, which then watches nobody any more.
  const std::vector<ConnId> sessions(watchers->second.begin(), watchers->second.end());
  for (const ConnId session : sessions) {
    if (Connection* connection = connections_.find(session)) connection->send(pdu);
  }
}

}  // namespace talkbeat
