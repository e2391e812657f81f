#pragma once

#include <optional>
#include <span>
#include <vector>

#include "msg_server/store/group_records.h"
#include "msg_server/store/sqlite_core.h"

namespace talkbeat {

/// The rows of a group, for those who change them.
///
///   auto found = find_group_state(core, id);
///   …
///   auto added = add_members(core, id, newcomers, version, last_msg_id);

/// From a row of `id, kind, version, name, avatar_url, creator, created_at, …`.
Group read_group(const Query& row);

/// Nothing: no such group. One range scan, one moment.
StoreResult<std::optional<GroupState>> find_group_state(SqliteCore& core, GroupId group);

/// Adds the group (id 0: a new one) with its empty conversation, and gives its id. Refuses kNameTaken (the id). A
/// write, as are those below.
StoreResult<GroupId> add_group_row(SqliteCore& core, const Group& group);

/// Each begins with nothing sent, read or hidden; `users` are not in it.
StoreResult<Done> add_members(SqliteCore& core, GroupId group, std::span<const UserId> users, uint32_t since_version,
                              uint32_t joined_after);

/// Version, name, avatar and creator.
StoreResult<Done> update_group_row(SqliteCore& core, const Group& group);

}  // namespace talkbeat
