#include "msg_server/admin/user_ref.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "msg_server/admin/fields.h"

namespace talkbeat::admin {

UserRef user_in_path(const std::string& text) {
  if (const auto id = parse_number(text, UINT32_MAX)) return {*id, *id == 0 ? text : ""};
  return {0, text};
}

StoreResult<UserId> find_user(Database& db, const UserRef& user) {
  if (user.id != 0) {
    const auto profiles = db.profiles(std::array{user.id});
    if (!profiles.ok()) return profiles.error();
    return profiles.value().empty() ? 0 : user.id;
  }
  const auto account = db.find_account(user.name);
  if (!account.ok()) return account.error();
  return account.value() ? account.value()->id : 0;
}

StoreResult<FoundUsers> find_users(Database& db, const std::vector<UserRef>& users) {
  FoundUsers found;
  std::unordered_set<UserId> seen;
  for (const UserRef& user : users) {
    const auto id = find_user(db, user);
    if (!id.ok()) return id.error();
    if (id.value() == 0) {
      found.unknown.push_back(user.shown());
    } else if (seen.insert(id.value()).second) {
      found.ids.push_back(id.value());
    }
  }
  return found;
}

StoreResult<std::optional<Profile>> find_profile(Database& db, const UserRef& user) {
  const auto id = find_user(db, user);
  if (!id.ok()) return id.error();
  if (id.value() == 0) return std::optional<Profile>();
  const auto profiles = db.profiles(std::array{id.value()});
  if (!profiles.ok()) return profiles.error();
  return profiles.value().empty() ? std::nullopt : std::optional(profiles.value().front());
}

}  // namespace talkbeat::admin
