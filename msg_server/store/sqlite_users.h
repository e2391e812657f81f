#pragma once

#include <span>

#include "msg_server/store/account_records.h"
#include "msg_server/store/sqlite_core.h"

namespace talkbeat {

/// Refuses kUnknownUser where one of them does not exist, or is disabled.
///
///   auto users = all_enabled(core, std::array{from, to});
///   if (!users.ok()) return users.error();
StoreResult<Done> all_enabled(SqliteCore& core, std::span<const UserId> users);

/// The same, but disabled ones are welcome.
StoreResult<Done> all_known(SqliteCore& core, std::span<const UserId> users);

}  // namespace talkbeat
