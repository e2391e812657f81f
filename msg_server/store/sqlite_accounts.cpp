#include <sqlite3.h>

#include <limits>

#include "msg_server/store/sqlite_database.h"
#include "msg_server/store/sqlite_rows.h"

// Accounts and profiles in SQLite.
namespace talkbeat {
namespace {

Profile read_profile(const Query& row) {
  Profile profile;
  profile.id = row.number<UserId>(0);
  profile.name = row.text(1);
  profile.gender = row.number<uint32_t>(2);
  profile.nick = row.text(3);
  profile.real_name = row.text(4);
  profile.avatar_url = row.text(5);
  profile.department_id = row.number<uint32_t>(6);
  profile.email = row.text(7);
  profile.phone = row.text(8);
  profile.sign_info = row.text(9);
  profile.disabled = row.integer(10) != 0;
  profile.updated_at = row.integer(11);
  return profile;
}

}  // namespace

StoreResult<UserId> SqliteDatabase::add_user(const NewUser& user, int64_t now) {
  if (!may_write()) return StoreError::kUnavailable;
  const std::string_view nick = user.nick.empty() ? user.name : user.nick;
  Query insert(statement(Sql::kAddUser), std::string_view(user.name), std::string_view(user.password_hash), nick, now);
  if (!insert.run()) return unavailable();
  if (sqlite3_changes(connection_.handle()) == 0) return StoreError::kNameTaken;
  return static_cast<UserId>(sqlite3_last_insert_rowid(connection_.handle()));
}

StoreResult<Done> SqliteDatabase::set_password_hash(UserId user, std::string_view hash) {
  if (!may_write()) return StoreError::kUnavailable;
  Query update(statement(Sql::kSetPasswordHash), user, hash);
  if (!update.run()) return unavailable();
  if (sqlite3_changes(connection_.handle()) == 0) return StoreError::kUnknownUser;
  return Done{};
}

StoreResult<Done> SqliteDatabase::revoke_tokens(UserId user) {
  if (!may_write()) return StoreError::kUnavailable;
  Query update(statement(Sql::kRevokeTokens), user);
  if (!update.run()) return unavailable();
  if (sqlite3_changes(connection_.handle()) == 0) return StoreError::kUnknownUser;
  return Done{};
}

StoreResult<Done> SqliteDatabase::set_disabled(UserId user, bool disabled, int64_t now) {
  if (!may_write()) return StoreError::kUnavailable;
  Query update(statement(Sql::kSetDisabled), user, disabled ? 1 : 0, now);
  if (!update.run()) return unavailable();
  if (sqlite3_changes(connection_.handle()) == 0) return StoreError::kUnknownUser;
  return Done{};
}

StoreResult<std::optional<Account>> SqliteDatabase::find_account(std::string_view name) {
  std::optional<Account> found;
  Query query(statement(Sql::kFindAccount), name);
  if (query.next()) {
    found = Account{.id = query.number<UserId>(0),
                    .name = query.text(1),
                    .password_hash = query.text(2),
                    .token_version = query.number<uint32_t>(3),
                    .disabled = query.integer(4) != 0};
  }
  if (query.failed()) return unavailable();
  return found;
}

StoreResult<std::vector<Profile>> SqliteDatabase::profiles(std::span<const UserId> users) {
  std::vector<Profile> found;
  for (const UserId user : users) {
    Query query(statement(Sql::kProfile), user);
    if (query.next()) found.push_back(read_profile(query));
    if (query.failed()) return unavailable();
  }
  return found;
}

StoreResult<std::vector<Profile>> SqliteDatabase::profiles_changed(int64_t since, UserId after, size_t limit) {
  std::vector<Profile> found;
  if (since == std::numeric_limits<int64_t>::max()) return found;
  Query query(statement(Sql::kProfilesChanged), since + 1, after, row_limit(limit));
  while (query.next()) found.push_back(read_profile(query));
  if (query.failed()) return unavailable();
  return found;
}

StoreResult<bool> SqliteDatabase::user_enabled(UserId user) {
  Query query(statement(Sql::kUserEnabled), user);
  const bool enabled = query.next();
  if (query.failed()) return unavailable();
  return enabled;
}

}  // namespace talkbeat
