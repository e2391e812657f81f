#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/connection.h"
#include "msg_server/online_bits.h"
#include "msg_server/store/records.h"

namespace talkbeat {

/// The class of a `client_type` from the wire; nothing where it is neither.
std::optional<ClientClass> class_of(uint32_t client_type);

/// A session as every server of the cluster knows it.
struct SessionInfo {
  uint32_t client_type = 0;
  /// Of two sessions of one user and class, the one with the higher stamp lives.
  uint64_t login_stamp = 0;
};

struct LocalSession : SessionInfo {
  ConnId conn = ConnId::kNone;
};

/// Who is online: on this msg_server with a connection each, and elsewhere as the login_servers report it. That a user
/// is online elsewhere is known of all users, in two bits each (OnlineBits); with what client and since when only of as
/// many sessions as `max_details`, so that a server of a large cluster costs what its own sessions cost. A pure core.
///
///   users.add(user, ClientClass::kPc, {{client_type, stamp}, connection.id()});
///   users.remote_online(source, user, ClientClass::kMobile, {client_type, stamp});
///   if (users.presence(user).mobile) …
class UserDirectory {
 public:
  explicit UserDirectory(size_t max_details = 10'000) : max_details_(max_details) {}

  /// Takes the session in. Where the class was taken, returns the session that has to go.
  std::optional<LocalSession> add(UserId user, ClientClass client_class, const LocalSession& session);
  /// Only where that connection still holds the place.
  bool remove(UserId user, ClientClass client_class, ConnId conn);

  const LocalSession* local(UserId user, ClientClass client_class) const;
  /// Calls `visit(client_class, session)` for the user's sessions on this server.
  template <class Visit>
  void for_each_local(UserId user, Visit visit) const;
  /// Calls `visit(user, client_class, session)` for all sessions on this server.
  template <class Visit>
  void for_all_local(Visit visit) const;
  size_t local_users() const { return local_users_; }
  /// How many sessions the user has on this server.
  size_t sessions_here(UserId user) const;
  /// Whether a login_server reports a session of the user on another server, or did before it was lost (keep_source).
  bool elsewhere(UserId user) const;

  /// Calls `visit(client_class, session, here)` for the user's sessions wherever they are, at most one a class. Where
  /// nothing is known of one elsewhere but that it is there, `session` says 0.
  template <class Visit>
  void for_each_session(UserId user, Visit visit) const;
  /// Users with an id above `after` who are online anywhere, by id, at most `limit`.
  std::vector<UserId> online_after(UserId after, size_t limit) const;
  /// How many are online anywhere. Looks at the bits of all.
  size_t online_users() const;

  // What the login_server with number `source` says of the other msg_servers.
  void remote_online(size_t source, UserId user, ClientClass client_class, const SessionInfo& session);
  void remote_offline(size_t source, UserId user, ClientClass client_class);
  /// Calls `visit(user)` for the users whom it has reported online.
  template <class Visit>
  void for_each_remote(size_t source, Visit visit) const;
  /// The source is gone, and with it all that it said.
  void forget_source(size_t source);
  /// The source is gone. Whom it has reported online counts as online until the second forget_kept() from now on, or
  /// until something newer is known of that user and class: a source says something, or a session is here.
  void keep_source(size_t source);
  /// Calls `visit(user)` for the users whom forget_kept() forgets: what was kept before its last call.
  template <class Visit>
  void for_each_old_kept(Visit visit) const;
  void forget_kept();
  bool keeps_any() const;

  Presence presence(UserId user) const;
  /// The same without what is kept: where it says online, somebody is there.
  Presence sure_presence(UserId user) const;

 private:
  using Sessions = std::unordered_map<UserId, LocalSession>;
  /// What one login_server has said.
  struct Remote {
    OnlineBits online;
    std::array<std::unordered_map<UserId, SessionInfo>, 2> details;  // by class
  };

  /// The newest one elsewhere that is newer than `held` (0: none is held); nothing where there is none.
  std::optional<SessionInfo> newest_remote(UserId user, ClientClass client_class, const LocalSession* held) const;
  /// Calls `visit(bits)` for each place that knows of users: here, each source, and what is kept of lost ones.
  template <class Visit>
  void for_each_place(Visit visit) const;
  /// Something newer is known than what is kept.
  void end_kept(UserId user, ClientClass client_class);
  Presence kept(UserId user) const;
  std::vector<uint32_t> chunks_from(uint32_t first) const;
  uint64_t online_anywhere(uint32_t chunk, size_t word) const;

  const size_t max_details_;
  std::array<Sessions, 2> local_;  // by class
  size_t local_users_ = 0;
  OnlineBits here_;
  std::vector<Remote> remote_;  // by source
  OnlineBits old_kept_;         // of sources that are gone: what is forgotten next
  OnlineBits new_kept_;         // … and what was kept since then
};

template <class Visit>
void UserDirectory::for_each_local(UserId user, Visit visit) const {
  for (const ClientClass client_class : {ClientClass::kPc, ClientClass::kMobile}) {
    const LocalSession* held = local(user, client_class);
    if (held == nullptr) continue;
    // A copy: what is visited may close its connection, and so change the table.
    const LocalSession session = *held;
    visit(client_class, session);
  }
}

template <class Visit>
void UserDirectory::for_all_local(Visit visit) const {
  for (const ClientClass client_class : {ClientClass::kPc, ClientClass::kMobile}) {
    for (const auto& [user, session] : local_[static_cast<size_t>(client_class)]) visit(user, client_class, session);
  }
}

template <class Visit>
void UserDirectory::for_each_session(UserId user, Visit visit) const {
  for (const ClientClass client_class : {ClientClass::kPc, ClientClass::kMobile}) {
    const LocalSession* held = local(user, client_class);
    if (const auto elsewhere = newest_remote(user, client_class, held)) {
      visit(client_class, *elsewhere, false);
    } else if (held != nullptr) {
      visit(client_class, static_cast<const SessionInfo&>(*held), true);
    }
  }
}

template <class Visit>
void UserDirectory::for_each_remote(size_t source, Visit visit) const {
  if (source < remote_.size()) remote_[source].online.for_each(visit);
}

template <class Visit>
void UserDirectory::for_each_old_kept(Visit visit) const {
  old_kept_.for_each(visit);
}

}  // namespace talkbeat
