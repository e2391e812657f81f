#include "msg_server/watchers.h"

namespace talkbeat {

void Watchers::watch(ConnId session, UserId user) {
  auto& watched = watched_by_[session];
  if (watched.size() >= max_watched_users_ || watched.contains(user)) return;
  std::vector<ConnId>& watchers = watchers_[user];
  watched.emplace(user, watchers.size());
  watchers.push_back(session);
}

void Watchers::watch_by_all(const UserDirectory& users, UserId watcher, UserId about) {
  if (watcher == about) return;
  users.for_each_local(watcher, [&](ClientClass, const LocalSession& session) { watch(session.conn, about); });
}

// The last one takes the place that becomes free: nobody else moves.
void Watchers::leave(UserId user, size_t place) {
  const auto found = watchers_.find(user);
  std::vector<ConnId>& watchers = found->second;
  watched_by_.at(watchers.back()).at(user) = place;
  watchers[place] = watchers.back();
  watchers.pop_back();
  if (watchers.empty()) watchers_.erase(found);
}

void Watchers::forget(ConnId session) {
  const auto found = watched_by_.find(session);
  if (found == watched_by_.end()) return;
  for (const auto& [user, place] : found->second) leave(user, place);
  watched_by_.erase(found);
}

}  // namespace talkbeat
