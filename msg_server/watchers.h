#pragma once

#include <cstddef>
#include <unordered_map>
#include <vector>

#include "base/connection.h"
#include "msg_server/user_directory.h"

namespace talkbeat {

/// Which sessions on this server are interested in which users: they have asked for them, or talk with them. Such a
/// session hears of a user's new avatar and signature, and on a PC of the user's coming and going. A pure core; about
/// sixty bytes an interest, and a session's end costs in proportion to what it has watched alone. The loop's thread
/// only.
///
///   watchers.watch(connection.id(), peer);
///   watchers.for_each(user, [&](ConnId session) { … find the connection, send … });
///   watchers.forget(connection.id());  // its session has ended
class Watchers {
 public:
  /// A session has at most so many users in mind: past it, no more are added.
  explicit Watchers(size_t max_watched_users) : max_watched_users_(max_watched_users) {}

  /// The session wants to know about this user.
  void watch(ConnId session, UserId user);
  /// The same for each session that `watcher` has here: somebody has written to that user.
  void watch_by_all(const UserDirectory& users, UserId watcher, UserId about);
  /// The session has ended.
  void forget(ConnId session);

  bool watched(UserId about) const { return watchers_.contains(about); }
  /// Calls `visit(ConnId)` for each session that is interested in the user. What is visited may be forgotten meanwhile.
  template <class Visit>
  void for_each(UserId about, Visit visit) const;

  size_t watched_users() const { return watchers_.size(); }

 private:
  void leave(UserId user, size_t place);

  const size_t max_watched_users_;
  // A user's sessions, in no order; never an empty vector.
  std::unordered_map<UserId, std::vector<ConnId>> watchers_;
  // A session's users, and at which place in the user's vector the session stands.
  std::unordered_map<ConnId, std::unordered_map<UserId, size_t>> watched_by_;
};

template <class Visit>
void Watchers::for_each(UserId about, Visit visit) const {
  const auto found = watchers_.find(about);
  if (found == watchers_.end()) return;
  // A copy: sending may close a slow reader, which then watches nobody any more.
  const std::vector<ConnId> sessions = found->second;
  for (const ConnId session : sessions) visit(session);
}

}  // namespace talkbeat
