#include "msg_server/user_directory.h"

#include <algorithm>
#include <utility>

namespace talkbeat {

namespace {

size_t index_of(ClientClass client_class) {
  return static_cast<size_t>(client_class);
}

template <class Sessions>
bool none(const Sessions& sessions) {
  return !sessions[0] && !sessions[1];
}

}  // namespace

std::optional<ClientClass> class_of(uint32_t client_type) {
  switch (client_type >> 4) {
    case 0:
      return ClientClass::kPc;
    case 1:
      return ClientClass::kMobile;
    default:
      return std::nullopt;
  }
}

std::optional<LocalSession> UserDirectory::add(UserId user, ClientClass client_class, const LocalSession& session) {
  return std::exchange(local_[user][index_of(client_class)], session);
}

bool UserDirectory::remove(UserId user, ClientClass client_class, ConnId conn) {
  const LocalSession* session = local(user, client_class);
  if (session == nullptr || session->conn != conn) return false;
  const auto found = local_.find(user);
  found->second[index_of(client_class)].reset();
  if (none(found->second)) local_.erase(found);
  return true;
}

const LocalSession* UserDirectory::local(UserId user, ClientClass client_class) const {
  const auto found = local_.find(user);
  if (found == local_.end()) return nullptr;
  const auto& session = found->second[index_of(client_class)];
  return session ? &*session : nullptr;
}

void UserDirectory::remote_online(size_t source, UserId user, ClientClass client_class, const SessionInfo& session) {
  if (remote_.size() <= source) remote_.resize(source + 1);
  remote_[source][user][index_of(client_class)] = session;
}

void UserDirectory::remote_offline(size_t source, UserId user, ClientClass client_class) {
  if (remote_.size() <= source) return;
  const auto found = remote_[source].find(user);
  if (found == remote_[source].end()) return;
  found->second[index_of(client_class)].reset();
  if (none(found->second)) remote_[source].erase(found);
}

std::vector<UserId> UserDirectory::remote_users(size_t source) const {
  std::vector<UserId> users;
  if (remote_.size() <= source) return users;
  for (const auto& entry : remote_[source]) users.push_back(entry.first);
  return users;
}

void UserDirectory::forget_source(size_t source) {
  if (source < remote_.size()) remote_[source].clear();
}

// The smallest ones of all, in a heap that never holds more than that.
std::vector<UserId> UserDirectory::online_after(UserId after, size_t limit) const {
  std::vector<UserId> smallest;
  const auto consider = [&](UserId user) {
    if (user <= after || limit == 0) return;
    if (smallest.size() == limit) {
      if (user >= smallest.front()) return;
      std::ranges::pop_heap(smallest);
      smallest.pop_back();
    }
    smallest.push_back(user);
    std::ranges::push_heap(smallest);
  };
  for (const auto& entry : local_) consider(entry.first);
  for (size_t source = 0; source < remote_.size(); ++source) {
    for (const auto& entry : remote_[source]) {
      if (!known_before(source, entry.first)) consider(entry.first);
    }
  }
  std::ranges::sort_heap(smallest);
  return smallest;
}

size_t UserDirectory::online_users() const {
  size_t count = local_.size();
  for (size_t source = 0; source < remote_.size(); ++source) {
    for (const auto& entry : remote_[source]) count += known_before(source, entry.first) ? 0 : 1;
  }
  return count;
}

bool UserDirectory::known_before(size_t source, UserId user) const {
  if (local_.contains(user)) return true;
  for (size_t i = 0; i < source; ++i) {
    if (remote_[i].contains(user)) return true;
  }
  return false;
}

bool UserDirectory::elsewhere(UserId user) const {
  return std::ranges::any_of(remote_, [user](const Remote& remote) { return remote.contains(user); });
}

Presence UserDirectory::presence(UserId user) const {
  Presence presence{local(user, ClientClass::kPc) != nullptr, local(user, ClientClass::kMobile) != nullptr};
  for (const Remote& remote : remote_) {
    const auto found = remote.find(user);
    if (found == remote.end()) continue;
    presence.pc |= found->second[index_of(ClientClass::kPc)].has_value();
    presence.mobile |= found->second[index_of(ClientClass::kMobile)].has_value();
  }
  return presence;
}

uint64_t UserDirectory::highest_stamp(UserId user, ClientClass client_class) const {
  const LocalSession* session = local(user, client_class);
  uint64_t highest = session == nullptr ? 0 : session->login_stamp;
  for (const Remote& remote : remote_) {
    const auto found = remote.find(user);
    if (found == remote.end()) continue;
    const auto& there = found->second[index_of(client_class)];
    if (there) highest = std::max(highest, there->login_stamp);
  }
  return highest;
}

}  // namespace talkbeat
