#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "msg_server/store/account_records.h"
#include "msg_server/store/store_result.h"

namespace talkbeat {

/// The accounts, their profiles and the departments that they belong to: a part of Database (see there). Whatever says
/// "inside a batch" is a write.
class AccountDatabase {
 public:
  virtual ~AccountDatabase() = default;

  /// Refuses kNameTaken. Inside a batch.
  virtual StoreResult<UserId> add_user(const NewUser& user, int64_t now) = 0;
  /// Also moves token_version. Refuses kUnknownUser, as do revoke_tokens() and set_disabled(). Inside a batch.
  virtual StoreResult<Done> set_password_hash(UserId user, std::string_view hash) = 0;
  /// The same password, hashed anew: replaces the hash where it is still the old one, and moves nothing else. False: it
  /// is another one by now, or there is no such user. Inside a batch.
  virtual StoreResult<bool> upgrade_password_hash(UserId user, std::string_view old_hash,
                                                  std::string_view new_hash) = 0;
  /// Moves token_version and nothing else. Inside a batch.
  virtual StoreResult<Done> revoke_tokens(UserId user) = 0;
  /// Disabling also moves token_version, so that an account that is enabled again has no session tokens. Inside a
  /// batch.
  virtual StoreResult<Done> set_disabled(UserId user, bool disabled, int64_t now) = 0;
  virtual StoreResult<std::optional<Account>> find_account(std::string_view name) = 0;

  /// The known ones among `users`, in the order asked.
  virtual StoreResult<std::vector<Profile>> profiles(std::span<const UserId> users) = 0;
  /// Profiles with updated_at > since, by (updated_at, id), at most `limit`; start with after = 0, go on with the last
  /// one's updated_at - 1 as `since` and its id as `after` (only ids > after count at updated_at == since + 1).
  virtual StoreResult<std::vector<Profile>> profiles_changed(int64_t since, UserId after, size_t limit) = 0;
  /// All profiles with id > after, by id, at most `limit`.
  virtual StoreResult<std::vector<Profile>> users_after(UserId after, size_t limit) = 0;
  /// Refuses kUnknownUser; a disabled account's can be edited. Moves updated_at (always, by at least 1), so that others
  /// hear of it. Inside a batch.
  virtual StoreResult<Done> edit_profile(UserId user, const ProfileEdit& edit, int64_t now) = 0;

  /// Adds it (id 0, or an id that is not there yet) or replaces it; updated_at as in edit_profile(). Gives the id.
  /// Inside a batch.
  virtual StoreResult<uint32_t> put_department(const Department& department, int64_t now) = 0;
  /// Those with updated_at > since, deleted ones too, by (updated_at, id), at most `limit`; pages as
  /// profiles_changed().
  virtual StoreResult<std::vector<Department>> departments_changed(int64_t since, uint32_t after, size_t limit) = 0;
};

}  // namespace talkbeat
