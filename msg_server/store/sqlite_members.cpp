#include <algorithm>

#include "base/check.h"
#include "msg_server/store/sqlite_database.h"
#include "msg_server/store/sqlite_group_rows.h"
#include "msg_server/store/sqlite_users.h"
#include "msg_server/store/sqlite_views.h"

// Who joins and leaves a group in SQLite.
namespace talkbeat {
namespace {

bool is_member(const GroupState& state, UserId user) {
  const auto by_user = [](const GroupMember& member, UserId id) { return member.user < id; };
  const auto at = std::lower_bound(state.members.begin(), state.members.end(), user, by_user);
  return at != state.members.end() && at->user == user;
}

/// Nothing: the actor may do that.
std::optional<StoreError> refusal(const GroupState& state, const MemberChange& change) {
  if (change.actor == 0) return std::nullopt;
  if (!is_member(state, change.actor)) return StoreError::kNotMember;
  if (change.actor == state.group.creator) return std::nullopt;
  const bool only_oneself =
      std::all_of(change.users.begin(), change.users.end(), [&](UserId user) { return user == change.actor; });
  const bool may = change.add ? change.members_may_add : only_oneself;
  return may ? std::nullopt : std::optional(StoreError::kNotAllowed);
}

/// Those of the users asked for whom the change concerns, ascending.
std::vector<UserId> concerned(const GroupState& state, const MemberChange& change) {
  std::vector<UserId> users = change.users;
  std::sort(users.begin(), users.end());
  users.erase(std::unique(users.begin(), users.end()), users.end());
  std::erase_if(users, [&](UserId user) { return is_member(state, user) == change.add; });
  return users;
}

StoreResult<Done> join(SqliteCore& core, GroupState& state, const std::vector<UserId>& users, size_t max_members) {
  if (state.members.size() + users.size() > max_members) return StoreError::kLimitReached;
  auto enabled = all_enabled(core, users);
  if (!enabled.ok()) return enabled.error();
  auto conversation = find_group_conversation(core, state.group.id);
  if (!conversation.ok()) return conversation.error();
  CHECK(conversation.value().has_value());
  const uint32_t joined_after = conversation.value()->last_msg_id;
  for (const UserId user : users) state.members.push_back({.user = user, .joined_after = joined_after});
  std::sort(state.members.begin(), state.members.end(),
            [](const GroupMember& a, const GroupMember& b) { return a.user < b.user; });
  return add_members(core, state.group.id, users, state.group.version + 1, joined_after);
}

StoreResult<UserId> longest_member(SqliteCore& core, GroupId group) {
  // NULL, where nobody is left, reads as 0.
  auto found = core.first(
      Sql::kLongestMember, [](const Query& row) { return row.number<UserId>(0); }, group);
  if (!found.ok()) return found.error();
  return found.value().value_or(0);
}

StoreResult<Done> leave(SqliteCore& core, GroupState& state, const std::vector<UserId>& users) {
  const auto leaves = [&users](UserId user) { return std::binary_search(users.begin(), users.end(), user); };
  for (const UserId user : users) {
    auto removed = core.change(Sql::kRemoveMember, state.group.id, user);
    if (!removed.ok()) return removed.error();
  }
  std::erase_if(state.members, [&leaves](const GroupMember& member) { return leaves(member.user); });
  if (!leaves(state.group.creator)) return Done{};
  auto heir = longest_member(core, state.group.id);
  if (!heir.ok()) return heir.error();
  state.group.creator = heir.value();
  return Done{};
}

}  // namespace

StoreResult<GroupChanged> SqliteDatabase::change_members(const MemberChange& change, int64_t) {
  if (!core_.may_write()) return StoreError::kUnavailable;
  auto found = find_group_state(core_, change.group);
  if (!found.ok()) return found.error();
  if (!found.value()) return StoreError::kUnknownGroup;
  GroupState& state = *found.value();
  if (const auto refused = refusal(state, change)) return *refused;
  std::vector<UserId> users = concerned(state, change);
  if (!users.empty()) {
    auto changed = change.add ? join(core_, state, users, change.max_members) : leave(core_, state, users);
    if (!changed.ok()) return changed.error();
    ++state.group.version;
    auto updated = update_group_row(core_, state.group);
    if (!updated.ok()) return updated.error();
  }
  return GroupChanged{.now = std::move(state), .changed = std::move(users)};
}

}  // namespace talkbeat
