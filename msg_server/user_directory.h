#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/connection.h"
#include "msg_server/store/records.h"

namespace talkbeat {

/// The two classes of client devices: a user holds at most one session of each (PROTOCOL.md, "Logging in").
enum class ClientClass : uint8_t { kPc = 0, kMobile = 1 };

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

/// Where a user is, over the whole cluster.
struct Presence {
  bool pc = false;
  bool mobile = false;

  bool online() const { return pc || mobile; }
  bool operator==(const Presence&) const = default;
};

/// Who is online: on this msg_server with a connection each, and elsewhere as the login_servers report it. A pure core.
class UserDirectory {
 public:
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
  size_t local_users() const { return local_.size(); }
  /// Whether a login_server reports a session of the user on another server.
  bool elsewhere(UserId user) const;

  /// Calls `visit(client_class, session, here)` for the user's sessions wherever they are, at most one a class.
  template <class Visit>
  void for_each_session(UserId user, Visit visit) const;
  /// Users with an id above `after` who are online anywhere, by id, at most `limit`. Looks at every user who is online.
  std::vector<UserId> online_after(UserId after, size_t limit) const;
  /// How many are online anywhere; the same.
  size_t online_users() const;

  // What the login_server with number `source` says of the other msg_servers.
  void remote_online(size_t source, UserId user, ClientClass client_class, const SessionInfo& session);
  void remote_offline(size_t source, UserId user, ClientClass client_class);
  /// The users whom it has reported online.
  std::vector<UserId> remote_users(size_t source) const;
  /// The source is gone, and with it all that it said.
  void forget_source(size_t source);

  Presence presence(UserId user) const;
  /// The highest stamp known for the user's sessions of that class; 0: there is none.
  uint64_t highest_stamp(UserId user, ClientClass client_class) const;

 private:
  template <class Session>
  using ByClass = std::array<std::optional<Session>, 2>;
  using Remote = std::unordered_map<UserId, ByClass<SessionInfo>>;

  /// Whether the user is online here, or by what a source before this one has said.
  bool known_before(size_t source, UserId user) const;

  std::unordered_map<UserId, ByClass<LocalSession>> local_;
  std::vector<Remote> remote_;  // by source
};

template <class Visit>
void UserDirectory::for_each_local(UserId user, Visit visit) const {
  const auto found = local_.find(user);
  if (found == local_.end()) return;
  // A copy: what is visited may close its connection, and so change the table.
  const ByClass<LocalSession> sessions = found->second;
  for (const ClientClass client_class : {ClientClass::kPc, ClientClass::kMobile}) {
    const auto& session = sessions[static_cast<size_t>(client_class)];
    if (session) visit(client_class, *session);
  }
}

template <class Visit>
void UserDirectory::for_all_local(Visit visit) const {
  for (const auto& [user, sessions] : local_) {
    for (const ClientClass client_class : {ClientClass::kPc, ClientClass::kMobile}) {
      const auto& session = sessions[static_cast<size_t>(client_class)];
      if (session) visit(user, client_class, *session);
    }
  }
}

template <class Visit>
void UserDirectory::for_each_session(UserId user, Visit visit) const {
  for (const ClientClass client_class : {ClientClass::kPc, ClientClass::kMobile}) {
    const LocalSession* held = local(user, client_class);
    std::optional<SessionInfo> newest = held == nullptr ? std::nullopt : std::optional<SessionInfo>(*held);
    bool here = held != nullptr;
    for (const Remote& remote : remote_) {
      const auto found = remote.find(user);
      if (found == remote.end()) continue;
      const auto& there = found->second[static_cast<size_t>(client_class)];
      if (!there || (newest && newest->login_stamp >= there->login_stamp)) continue;
      newest = *there;
      here = false;
    }
    if (newest) visit(client_class, *newest, here);
  }
}

}  // namespace talkbeat
