#include "msg_server/store/sqlite_group_rows.h"

#include "msg_server/store/message_records.h"

namespace talkbeat {

Group read_group(const Query& row) {
  return Group{.id = row.number<GroupId>(0),
               .kind = row.number<GroupKind>(1),
               .version = row.number<uint32_t>(2),
               .name = row.text(3),
               .avatar_url = row.text(4),
               .creator = row.number<UserId>(5),
               .created_at = row.integer(6)};
}

StoreResult<std::optional<GroupState>> find_group_state(SqliteCore& core, GroupId group) {
  std::optional<GroupState> found;
  Query rows = core.query(Sql::kFindGroup, group);
  while (rows.next()) {
    if (!found) found = GroupState{.group = read_group(rows), .members = {}};
    if (rows.is_null(7)) continue;  // nobody is in it
    found->members.push_back(
        {.user = rows.number<UserId>(7), .joined_after = rows.number<uint32_t>(8), .shielded = rows.integer(9) != 0});
  }
  if (rows.failed()) return core.unavailable();
  return found;
}

StoreResult<GroupId> add_group_row(SqliteCore& core, const Group& group) {
  const auto wanted = group.id == 0 ? std::nullopt : std::optional(group.id);
  auto added = core.change_one(StoreError::kNameTaken, Sql::kAddGroup, wanted, static_cast<int>(group.kind),
                               group.version, group.name, group.avatar_url, group.creator, group.created_at);
  if (!added.ok()) return added.error();
  const auto id = static_cast<GroupId>(core.last_id());
  auto conversation = core.change(Sql::kAddConversation, static_cast<int>(ConversationKind::kGroup), id, 0);
  if (!conversation.ok()) return conversation.error();
  return id;
}

StoreResult<Done> add_members(SqliteCore& core, GroupId group, std::span<const UserId> users, uint32_t since_version,
                              uint32_t joined_after) {
  for (const UserId user : users) {
    auto added = core.change(Sql::kAddMember, group, user, since_version, joined_after);
    if (!added.ok()) return added.error();
  }
  return Done{};
}

StoreResult<Done> update_group_row(SqliteCore& core, const Group& group) {
  return core.change_one(StoreError::kUnknownGroup, Sql::kChangeGroup, group.id, group.version, group.name,
                         group.avatar_url, group.creator);
}

}  // namespace talkbeat
