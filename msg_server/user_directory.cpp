#include "msg_server/user_directory.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace talkbeat {

namespace {

size_t index_of(ClientClass client_class) {
  return static_cast<size_t>(client_class);
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
  end_kept(user, client_class);
  const bool known = here_.of(user).online();
  const auto [place, is_new] = local_[index_of(client_class)].try_emplace(user, session);
  if (!is_new) return std::exchange(place->second, session);
  if (!known) ++local_users_;
  here_.set(user, client_class, true);
  return std::nullopt;
}

bool UserDirectory::remove(UserId user, ClientClass client_class, ConnId conn) {
  const LocalSession* session = local(user, client_class);
  if (session == nullptr || session->conn != conn) return false;
  local_[index_of(client_class)].erase(user);
  here_.set(user, client_class, false);
  if (!here_.of(user).online()) --local_users_;
  return true;
}

const LocalSession* UserDirectory::local(UserId user, ClientClass client_class) const {
  const Sessions& sessions = local_[index_of(client_class)];
  const auto found = sessions.find(user);
  return found == sessions.end() ? nullptr : &found->second;
}

size_t UserDirectory::sessions_here(UserId user) const {
  const Presence here = here_.of(user);
  return (here.pc ? 1U : 0U) + (here.mobile ? 1U : 0U);
}

void UserDirectory::remote_online(size_t source, UserId user, ClientClass client_class, const SessionInfo& session) {
  if (remote_.size() <= source) remote_.resize(source + 1);
  end_kept(user, client_class);
  Remote& remote = remote_[source];
  remote.online.set(user, client_class, true);
  auto& details = remote.details[index_of(client_class)];
  if (remote.details[0].size() + remote.details[1].size() < max_details_) {
    details[user] = session;
  } else if (const auto known = details.find(user); known != details.end()) {
    known->second = session;
  }
}

void UserDirectory::remote_offline(size_t source, UserId user, ClientClass client_class) {
  end_kept(user, client_class);
  if (remote_.size() <= source) return;
  remote_[source].online.set(user, client_class, false);
  remote_[source].details[index_of(client_class)].erase(user);
}

void UserDirectory::forget_source(size_t source) {
  if (source < remote_.size()) remote_[source] = {};
}

void UserDirectory::keep_source(size_t source) {
  if (source >= remote_.size()) return;
  new_kept_.add(remote_[source].online);
  new_kept_.remove(here_);
  forget_source(source);
}

void UserDirectory::forget_kept() {
  old_kept_ = std::exchange(new_kept_, {});
}

Presence UserDirectory::kept(UserId user) const {
  return old_kept_.of(user) | new_kept_.of(user);
}

bool UserDirectory::keeps_any() const {
  return !old_kept_.chunks().empty() || !new_kept_.chunks().empty();
}

void UserDirectory::end_kept(UserId user, ClientClass client_class) {
  old_kept_.set(user, client_class, false);
  new_kept_.set(user, client_class, false);
}

std::optional<SessionInfo> UserDirectory::newest_remote(UserId user, ClientClass client_class,
                                                        const LocalSession* held) const {
  std::optional<SessionInfo> newest;
  for (const Remote& remote : remote_) {
    if (!remote.online.of(user).has(client_class)) continue;
    const auto& details = remote.details[index_of(client_class)];
    const auto found = details.find(user);
    const SessionInfo info = found == details.end() ? SessionInfo{} : found->second;
    if (!newest || newest->login_stamp < info.login_stamp) newest = info;
  }
  if (!newest && kept(user).has(client_class)) newest.emplace();
  if (newest && held != nullptr && newest->login_stamp <= held->login_stamp) newest.reset();
  return newest;
}

template <class Visit>
void UserDirectory::for_each_place(Visit visit) const {
  visit(here_);
  visit(old_kept_);
  visit(new_kept_);
  for (const Remote& remote : remote_) visit(remote.online);
}

// The numbers of all chunks with somebody in them, from `first` on, ascending.
std::vector<uint32_t> UserDirectory::chunks_from(uint32_t first) const {
  std::vector<uint32_t> numbers;
  for_each_place([&](const OnlineBits& bits) {
    for (const auto& entry : bits.chunks()) {
      if (entry.first >= first) numbers.push_back(entry.first);
    }
  });
  std::ranges::sort(numbers);
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

uint64_t UserDirectory::online_anywhere(uint32_t chunk, size_t word) const {
  uint64_t anywhere = 0;
  for_each_place([&](const OnlineBits& bits) { anywhere |= bits.either(chunk, word); });
  return anywhere;
}

std::vector<UserId> UserDirectory::online_after(UserId after, size_t limit) const {
  std::vector<UserId> users;
  for (const uint32_t chunk : chunks_from(after / OnlineBits::kUsersPerChunk)) {
    for (size_t word = 0; word < OnlineBits::kWords; ++word) {
      for_each_user(chunk, word, online_anywhere(chunk, word), [&](UserId user) {
        if (user > after && users.size() < limit) users.push_back(user);
      });
    }
    if (users.size() == limit) break;
  }
  return users;
}

size_t UserDirectory::online_users() const {
  size_t count = 0;
  for (const uint32_t chunk : chunks_from(0)) {
    for (size_t word = 0; word < OnlineBits::kWords; ++word) {
      count += static_cast<size_t>(std::popcount(online_anywhere(chunk, word)));
    }
  }
  return count;
}

bool UserDirectory::elsewhere(UserId user) const {
  return kept(user).online() ||
         std::ranges::any_of(remote_, [user](const Remote& remote) { return remote.online.of(user).online(); });
}

Presence UserDirectory::presence(UserId user) const {
  return sure_presence(user) | kept(user);
}

Presence UserDirectory::sure_presence(UserId user) const {
  Presence presence = here_.of(user);
  for (const Remote& remote : remote_) presence = presence | remote.online.of(user);
  return presence;
}

}  // namespace talkbeat
