#include "login_server/presence.h"

#include <algorithm>

#include "base/check.h"
#include "base/mutant.h"

namespace talkbeat::login {

Presence::Key Presence::key_of(uint32_t user_id, ClientClass client_class) {
  return Key{uint64_t{user_id} << 1 | static_cast<uint64_t>(client_class)};
}

void Presence::add_server(ServerId id, std::string name) {
  const bool is_new = servers_.emplace(id, Server{std::move(name), {}}).second;
  CHECK(is_new);
}

void Presence::remove_server(ServerId id) {
  const auto server = servers_.find(id);
  if (server == servers_.end()) return;
  while (!server->second.keys.empty()) {
    const Key key = server->second.keys.back();
    note_before(key);
    erase(key);
  }
  servers_.erase(server);
}

std::optional<KickVerdict> Presence::online(const Session& session) {
  CHECK(servers_.contains(session.server));
  const Key key = key_of(session);
  const auto found = sessions_.find(key);
  if (found == sessions_.end()) {
    note_before(key);
    insert(key, session);
    return std::nullopt;
  }
  Session& present = found->second.session;
  if (present.server == session.server) {
    // Its own older session is its own affair.
    if (session.login_stamp < present.login_stamp || session == present) return std::nullopt;
    note_before(key);
    present = session;
    return std::nullopt;
  }
  const bool wins = newcomer_wins(session, present);
  const Session& winner = wins ? session : present;
  const Session loser = wins ? present : session;
  const KickVerdict verdict{loser.server, loser.user_id, loser.client_type,
                            std::max(winner.login_stamp, loser.login_stamp + 1)};
  if (wins) {
    note_before(key);
    erase(key);
    insert(key, session);
  }
  return verdict;
}

bool Presence::offline(ServerId server, uint32_t user_id, ClientClass client_class, uint64_t login_stamp) {
  const Key key = key_of(user_id, client_class);
  const auto found = sessions_.find(key);
  if (found == sessions_.end()) return false;
  const Session& present = found->second.session;
  if (present.server != server || login_stamp < present.login_stamp) return false;
  note_before(key);
  erase(key);
  return true;
}

bool Presence::newcomer_wins(const Session& newcomer, const Session& present) const {
  if (kMutant == Mutant::kKickRace) return true;
  if (newcomer.login_stamp != present.login_stamp) return newcomer.login_stamp > present.login_stamp;
  return servers_.at(newcomer.server).name > servers_.at(present.server).name;
}

const Session* Presence::find(uint32_t user_id, ClientClass client_class) const {
  const auto found = sessions_.find(key_of(user_id, client_class));
  return found != sessions_.end() ? &found->second.session : nullptr;
}

size_t Presence::sessions_of(ServerId server) const {
  const auto found = servers_.find(server);
  return found != servers_.end() ? found->second.keys.size() : 0;
}

std::vector<PresenceChange> Presence::take_changes() {
  std::vector<PresenceChange> changes;
  for (const auto& [key, before] : before_) {
    const auto found = sessions_.find(key);
    std::optional<Session> now;
    if (found != sessions_.end()) now = found->second.session;
    if (before != now) changes.push_back({before, now});
  }
  before_.clear();
  return changes;
}

// Remembers what a user and class was like before its first change.
void Presence::note_before(Key key) {
  if (before_.contains(key)) return;
  const auto found = sessions_.find(key);
  before_.emplace(key, found != sessions_.end() ? std::optional(found->second.session) : std::nullopt);
}

void Presence::insert(Key key, const Session& session) {
  std::vector<Key>& keys = servers_.at(session.server).keys;
  const Key other_class{static_cast<uint64_t>(key) ^ 1};
  if (!sessions_.contains(other_class)) ++users_;
  sessions_.emplace(key, Held{session, keys.size()});
  keys.push_back(key);
}

// The last of its server's keys takes the place that becomes free.
void Presence::erase(Key key) {
  const auto found = sessions_.find(key);
  std::vector<Key>& keys = servers_.at(found->second.session.server).keys;
  const size_t place = found->second.place;
  keys[place] = keys.back();
  sessions_.at(keys[place]).place = place;
  keys.pop_back();
  sessions_.erase(found);
  const Key other_class{static_cast<uint64_t>(key) ^ 1};
  if (!sessions_.contains(other_class)) --users_;
}

}  // namespace talkbeat::login
