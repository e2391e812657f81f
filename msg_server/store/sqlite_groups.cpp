#include <algorithm>

#include "msg_server/store/sqlite_database.h"
#include "msg_server/store/sqlite_group_rows.h"
#include "msg_server/store/sqlite_users.h"

// Groups in SQLite: making, finding, renaming and deleting them. Who is in them: sqlite_members.cpp.
namespace talkbeat {
namespace {

std::vector<UserId> first_members(const NewGroup& group) {
  std::vector<UserId> users = group.members;
  if (group.creator != 0) users.push_back(group.creator);
  std::sort(users.begin(), users.end());
  users.erase(std::unique(users.begin(), users.end()), users.end());
  return users;
}

}  // namespace

StoreResult<GroupChanged> SqliteDatabase::create_group(const NewGroup& group, int64_t now) {
  if (!core_.may_write()) return StoreError::kUnavailable;
  std::vector<UserId> users = first_members(group);
  if (users.size() > group.max_members) return StoreError::kLimitReached;
  auto enabled = all_enabled(core_, users);
  if (!enabled.ok()) return enabled.error();
  GroupState state;
  state.group = {.kind = group.kind,
                 .name = group.name,
                 .avatar_url = group.avatar_url,
                 .creator = group.creator,
                 .created_at = now};
  auto id = add_group_row(core_, state.group);
  if (!id.ok()) return id.error();
  state.group.id = id.value();
  auto added = add_members(core_, id.value(), users, state.group.version, 0);
  if (!added.ok()) return added.error();
  for (const UserId user : users) state.members.push_back({.user = user});
  return GroupChanged{.now = std::move(state), .changed = std::move(users)};
}

StoreResult<GroupChanged> SqliteDatabase::edit_group(GroupId group, const GroupEdit& edit) {
  if (!core_.may_write()) return StoreError::kUnavailable;
  auto found = find_group_state(core_, group);
  if (!found.ok()) return found.error();
  if (!found.value()) return StoreError::kUnknownGroup;
  GroupChanged changed{.now = std::move(*found.value()), .changed = {}};
  Group& row = changed.now.group;
  const std::string name = edit.name.value_or(row.name);
  const std::string avatar_url = edit.avatar_url.value_or(row.avatar_url);
  if (name == row.name && avatar_url == row.avatar_url) return changed;
  ++row.version;
  row.name = name;
  row.avatar_url = avatar_url;
  auto updated = update_group_row(core_, row);
  if (!updated.ok()) return updated.error();
  return changed;
}

StoreResult<GroupState> SqliteDatabase::delete_group(GroupId group) {
  if (!core_.may_write()) return StoreError::kUnavailable;
  auto found = find_group_state(core_, group);
  if (!found.ok()) return found.error();
  if (!found.value()) return StoreError::kUnknownGroup;
  for (const Sql part : {Sql::kRemoveMembers, Sql::kDeleteGroup}) {
    auto removed = core_.change(part, group);
    if (!removed.ok()) return removed.error();
  }
  return std::move(*found.value());
}

StoreResult<Done> SqliteDatabase::set_group_shield(UserId user, GroupId group, bool shielded) {
  return core_.change_one(StoreError::kNotMember, Sql::kSetGroupShield, group, user, shielded ? 1 : 0);
}

StoreResult<std::optional<GroupState>> SqliteDatabase::find_group(GroupId group) {
  return find_group_state(core_, group);
}

StoreResult<std::vector<Group>> SqliteDatabase::groups_of(UserId user) {
  return core_.rows(Sql::kGroupsOf, read_group, user);
}

StoreResult<std::vector<Group>> SqliteDatabase::groups_after(GroupId after, size_t limit) {
  return core_.rows(Sql::kGroupsAfter, read_group, after, row_limit(limit));
}

}  // namespace talkbeat
