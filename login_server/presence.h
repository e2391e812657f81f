#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "login_server/server_registry.h"
#include "proto/client_class.h"

namespace talkbeat::login {

/// The class of a `client_type` from the wire: what is no PC is mobile, since there is nothing else.
inline constexpr ClientClass class_of(uint32_t client_type) {
  return client_type >> 4 == 0 ? ClientClass::kPc : ClientClass::kMobile;
}

/// A session of a user on a msg_server.
struct Session {
  uint32_t user_id = 0;
  uint32_t client_type = 0;
  uint64_t login_stamp = 0;  ///< of two sessions of one user and class, the one with the higher stamp lives
  ServerId server{};

  bool operator==(const Session&) const = default;
};

/// Which session has lost against another one, and must end.
struct KickVerdict {
  ServerId loser{};
  uint32_t user_id = 0;
  uint32_t client_type = 0;   ///< the loser's
  uint64_t before_stamp = 0;  ///< sessions with a lower stamp are meant
};

/// What has become of a user and class between two looks: nobody's session there is std::nullopt.
struct PresenceChange {
  std::optional<Session> before;
  std::optional<Session> now;
};

/// Where each user is online. Two sessions of one user and class on two msg_servers are resolved by the login stamp, in
/// every login_server alike, whatever arrives first. A pure core: no socket, no clock. The loop's thread only.
///
///   presence.add_server(id, "msg_server_0");
///   if (const auto kick = presence.online({user, client_type, stamp, id})) send(kick->loser, …);
///   for (const PresenceChange& change : presence.take_changes()) …
class Presence {
 public:
  /// `name` decides between equal stamps.
  void add_server(ServerId id, std::string name);
  /// All its users go offline.
  void remove_server(ServerId id);

  /// The session has begun, or is there. The verdict where the user and class has a session on another server: the
  /// loser may be the newcomer.
  std::optional<KickVerdict> online(const Session& session);
  /// Counts only from the server that holds the session, and only where its stamp is not above `login_stamp`: what
  /// ended was then not an older session. False: nothing has changed.
  bool offline(ServerId server, uint32_t user_id, ClientClass client_class, uint64_t login_stamp);

  /// nullptr where there is none.
  const Session* find(uint32_t user_id, ClientClass client_class) const;
  /// Users with at least one session.
  size_t users() const { return users_; }
  size_t sessions() const { return sessions_.size(); }
  size_t sessions_of(ServerId server) const;

  /// Net changes since the last call, each user and class once; who came and went in between is not among them.
  std::vector<PresenceChange> take_changes();
  bool changed() const { return !before_.empty(); }

  /// Calls `visit(const Session&)` for every session of every server.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& [key, held] : sessions_) visit(held.session);
  }

 private:
  enum class Key : uint64_t {};
  struct KeyHash {
    size_t operator()(Key key) const { return static_cast<size_t>(static_cast<uint64_t>(key) * 0x9E3779B97F4A7C15u); }
  };
  struct Held {
    Session session;
    size_t place = 0;  // in its server's keys
  };
  struct Server {
    std::string name;
    std::vector<Key> keys;  // of the sessions it holds: a lost link costs what was on it
  };

  static Key key_of(uint32_t user_id, ClientClass client_class);
  static Key key_of(const Session& session) { return key_of(session.user_id, class_of(session.client_type)); }
  bool newcomer_wins(const Session& newcomer, const Session& present) const;
  void note_before(Key key);
  void insert(Key key, const Session& session);
  void erase(Key key);

  std::unordered_map<Key, Held, KeyHash> sessions_;
  std::unordered_map<ServerId, Server> servers_;
  std::unordered_map<Key, std::optional<Session>, KeyHash> before_;  // of what has changed since take_changes()
  size_t users_ = 0;
};

}  // namespace talkbeat::login
