#include <limits>

#include "msg_server/store/sqlite_database.h"

// Accounts, profiles and departments in SQLite.
namespace talkbeat {
namespace {

Account read_account(const Query& row) {
  return Account{.id = row.number<UserId>(0),
                 .name = row.text(1),
                 .password_hash = row.text(2),
                 .token_version = row.number<uint32_t>(3),
                 .disabled = row.integer(4) != 0};
}

Profile read_profile(const Query& row) {
  return Profile{.id = row.number<UserId>(0),
                 .name = row.text(1),
                 .gender = row.number<uint32_t>(2),
                 .nick = row.text(3),
                 .real_name = row.text(4),
                 .avatar_url = row.text(5),
                 .department_id = row.number<uint32_t>(6),
                 .email = row.text(7),
                 .phone = row.text(8),
                 .sign_info = row.text(9),
                 .disabled = row.integer(10) != 0,
                 .updated_at = row.integer(11)};
}

Department read_department(const Query& row) {
  return Department{.id = row.number<uint32_t>(0),
                    .parent_id = row.number<uint32_t>(1),
                    .priority = row.number<uint32_t>(2),
                    .name = row.text(3),
                    .deleted = row.integer(4) != 0,
                    .updated_at = row.integer(5)};
}

}  // namespace

StoreResult<UserId> SqliteDatabase::add_user(const NewUser& user, int64_t now) {
  const std::string& nick = user.nick.empty() ? user.name : user.nick;
  auto added = core_.change_one(StoreError::kNameTaken, Sql::kAddUser, user.name, user.password_hash, nick, now);
  if (!added.ok()) return added.error();
  return static_cast<UserId>(core_.last_id());
}

StoreResult<Done> SqliteDatabase::set_password_hash(UserId user, std::string_view hash) {
  return core_.change_one(StoreError::kUnknownUser, Sql::kSetPasswordHash, user, hash);
}

StoreResult<bool> SqliteDatabase::upgrade_password_hash(UserId user, std::string_view old_hash,
                                                        std::string_view new_hash) {
  return core_.change_any(Sql::kUpgradePasswordHash, user, old_hash, new_hash);
}

StoreResult<Done> SqliteDatabase::revoke_tokens(UserId user) {
  return core_.change_one(StoreError::kUnknownUser, Sql::kRevokeTokens, user);
}

StoreResult<Done> SqliteDatabase::set_disabled(UserId user, bool disabled, int64_t now) {
  core_.forget_pairs();  // the cache says whose users are not
  return core_.change_one(StoreError::kUnknownUser, Sql::kSetDisabled, user, disabled ? 1 : 0, now);
}

StoreResult<std::optional<Account>> SqliteDatabase::find_account(std::string_view name) {
  return core_.first(Sql::kFindAccount, read_account, name);
}

StoreResult<std::vector<Profile>> SqliteDatabase::profiles(std::span<const UserId> users) {
  return core_.first_of_each(Sql::kProfile, read_profile, users);
}

StoreResult<std::vector<Profile>> SqliteDatabase::profiles_changed(int64_t since, UserId after, size_t limit) {
  if (since == std::numeric_limits<int64_t>::max()) return std::vector<Profile>();
  return core_.rows(Sql::kProfilesChanged, read_profile, since + 1, after, row_limit(limit));
}

StoreResult<std::vector<Profile>> SqliteDatabase::users_after(UserId after, size_t limit) {
  return core_.rows(Sql::kUsersAfter, read_profile, after, row_limit(limit));
}

StoreResult<Done> SqliteDatabase::edit_profile(UserId user, const ProfileEdit& edit, int64_t now) {
  return core_.change_one(StoreError::kUnknownUser, Sql::kEditProfile, user, edit.gender, edit.nick, edit.real_name,
                          edit.avatar_url, edit.department_id, edit.email, edit.phone, edit.sign_info, now);
}

StoreResult<uint32_t> SqliteDatabase::put_department(const Department& department, int64_t now) {
  const auto id = department.id == 0 ? std::nullopt : std::optional(department.id);
  auto put = core_.change(Sql::kPutDepartment, id, department.parent_id, department.priority, department.name,
                          department.deleted ? 1 : 0, now);
  if (!put.ok()) return put.error();
  return department.id != 0 ? department.id : static_cast<uint32_t>(core_.last_id());
}

StoreResult<std::vector<Department>> SqliteDatabase::departments_changed(int64_t since, uint32_t after, size_t limit) {
  if (since == std::numeric_limits<int64_t>::max()) return std::vector<Department>();
  return core_.rows(Sql::kDepartmentsChanged, read_department, since + 1, after, row_limit(limit));
}

}  // namespace talkbeat
