#pragma once

#include <string>
#include <vector>

#include "msg_server/store/database.h"

namespace talkbeat::admin {

/// A user as an operator names one: by id, or by login name where that is 0.
struct UserRef {
  UserId id = 0;
  std::string name;

  /// "user 17", "user alice"
  std::string shown() const { return "user " + (id != 0 ? std::to_string(id) : name); }
  bool operator==(const UserRef&) const = default;
};

/// What of a path names a user: digits are an id, anything else is a name.
UserRef user_in_path(const std::string& text);

/// What became of a list of users.
struct FoundUsers {
  std::vector<UserId> ids;           ///< of the known ones, in the order asked; each once
  std::vector<std::string> unknown;  ///< as they were named
};

// Work for the store: any thread.

/// 0: there is no such user.
StoreResult<UserId> find_user(Database& db, const UserRef& user);
StoreResult<FoundUsers> find_users(Database& db, const std::vector<UserRef>& users);
/// Nothing: there is no such user.
StoreResult<std::optional<Profile>> find_profile(Database& db, const UserRef& user);

}  // namespace talkbeat::admin
