#include "msg_server/store/sqlite_users.h"

namespace talkbeat {
namespace {

StoreResult<Done> all_found(SqliteCore& core, Sql look_up, std::span<const UserId> users) {
  for (const UserId user : users) {
    auto found = core.exists(look_up, user);
    if (!found.ok()) return found.error();
    if (!found.value()) return StoreError::kUnknownUser;
  }
  return Done{};
}

}  // namespace

StoreResult<Done> all_enabled(SqliteCore& core, std::span<const UserId> users) {
  return all_found(core, Sql::kUserEnabled, users);
}

StoreResult<Done> all_known(SqliteCore& core, std::span<const UserId> users) {
  return all_found(core, Sql::kUserKnown, users);
}

}  // namespace talkbeat
