#include "msg_server/watchers.h"

#include <algorithm>

namespace talkbeat {

namespace {

// False: it was there already.
template <class T>
bool insert_sorted(std::vector<T>& sorted, T value) {
  const auto place = std::ranges::lower_bound(sorted, value);
  if (place != sorted.end() && *place == value) return false;
  sorted.insert(place, value);
  return true;
}

template <class T>
void erase_sorted(std::vector<T>& sorted, T value) {
  const auto place = std::ranges::lower_bound(sorted, value);
  if (place != sorted.end() && *place == value) sorted.erase(place);
}

}  // namespace

void Watchers::watch(ConnId session, UserId user) {
  std::vector<UserId>& watched = watched_by_[session];
  if (watched.size() >= max_watched_users_ || !insert_sorted(watched, user)) return;
  insert_sorted(watchers_[user], session);
}

void Watchers::watch_by_all(const UserDirectory& users, UserId watcher, UserId about) {
  if (watcher == about) return;
  users.for_each_local(watcher, [&](ClientClass, const LocalSession& session) { watch(session.conn, about); });
}

void Watchers::forget(ConnId session) {
  const auto found = watched_by_.find(session);
  if (found == watched_by_.end()) return;
  for (const UserId user : found->second) {
    const auto watchers = watchers_.find(user);
    erase_sorted(watchers->second, session);
    if (watchers->second.empty()) watchers_.erase(watchers);
  }
  watched_by_.erase(found);
}

}  // namespace talkbeat
