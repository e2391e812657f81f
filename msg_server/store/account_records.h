#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace talkbeat {

using UserId = uint32_t;

/// What a login needs to know of an account.
struct Account {
  UserId id = 0;
  std::string name;
  std::string password_hash;   ///< libsodium's `$argon2id$…` string
  uint32_t token_version = 0;  ///< session tokens of another one are void (Database::revoke_tokens)
  bool disabled = false;
};

/// What other users see of an account: `UserInfo` on the wire.
struct Profile {
  UserId id = 0;
  std::string name;  ///< the login name; `user_domain` on the wire
  uint32_t gender = 0;
  std::string nick;
  std::string real_name;
  std::string avatar_url;
  uint32_t department_id = 0;
  std::string email;
  std::string phone;
  std::string sign_info;
  bool disabled = false;
  int64_t updated_at = 0;  ///< Unix seconds
};

/// What changes of a profile; the rest stays.
struct ProfileEdit {
  std::optional<uint32_t> gender;
  std::optional<std::string> nick;
  std::optional<std::string> real_name;
  std::optional<std::string> avatar_url;
  std::optional<uint32_t> department_id;
  std::optional<std::string> email;
  std::optional<std::string> phone;
  std::optional<std::string> sign_info;
};

struct NewUser {
  std::string name;  ///< 1 to 64 bytes; unique, compared byte by byte
  std::string password_hash;
  std::string nick;  ///< empty: the name
};

/// Taken over from another system, with their ids.
struct ImportedUser {
  Profile profile;
  std::string password_hash;
  bool quiet_at_night = false;
};

/// A node of the organisation's tree: `DepartInfo` on the wire.
struct Department {
  uint32_t id = 0;         ///< put_department(): 0 makes a new one
  uint32_t parent_id = 0;  ///< 0: at the top
  uint32_t priority = 0;   ///< the order among its siblings
  std::string name;
  bool deleted = false;    ///< kept, so that clients hear of it
  int64_t updated_at = 0;  ///< Unix seconds
};

}  // namespace talkbeat
