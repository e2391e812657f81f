#pragma once

#include <string>

#include "msg_server/admin/call.h"

namespace talkbeat::admin {

/// The id of the account that messages of the administration come from (admin.system_user); made where there is none,
/// without a password that anybody could log in with. Refused where the name is a person's. Work for the store, inside
/// a batch.
StoreResult<Checked<UserId>> system_user(Database& db, const std::string& name, int64_t now);

/// What stands as password_hash of an account that nobody can log in to.
inline constexpr const char* kNoPassword = "!";

}  // namespace talkbeat::admin
