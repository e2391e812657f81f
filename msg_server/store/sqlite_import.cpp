#include <algorithm>
#include <array>
#include <limits>

#include "msg_server/store/sqlite_append.h"
#include "msg_server/store/sqlite_database.h"
#include "msg_server/store/sqlite_group_rows.h"
#include "msg_server/store/sqlite_pairs.h"
#include "msg_server/store/sqlite_users.h"
#include "msg_server/store/sqlite_views.h"

// Taking over another system's data into SQLite.
namespace talkbeat {
namespace {

std::vector<UserId> users_of(const GroupState& state) {
  std::vector<UserId> users;
  for (const GroupMember& member : state.members) users.push_back(member.user);
  if (state.group.creator != 0) users.push_back(state.group.creator);
  return users;
}

// Who has left the group since, or was never in it, has no row to count in.
StoreResult<Appended> append_as_stranger(SqliteCore& core, const NewMessage& message) {
  auto version = group_version(core, message.to.peer);
  if (!version.ok()) return version.error();
  if (version.value() == 0) return StoreError::kUnknownGroup;
  auto conversation = find_group_conversation(core, message.to.peer);
  if (!conversation.ok()) return conversation.error();
  ConversationView view;
  view.conv_id = conversation.value()->conv_id;
  view.last_msg_id = conversation.value()->last_msg_id;
  view.last_sequence = conversation.value()->last_sequence;
  view.group_version = version.value();
  return append_uncounted(core, view, message);
}

StoreResult<Appended> import_to_group(SqliteCore& core, const NewMessage& message) {
  auto view = find_view(core, message.from, message.to);
  const bool stranger = !view.ok() && view.error() == StoreError::kNotMember;
  if (!stranger && !view.ok()) return view.error();
  // What a member wrote before its joining is none of its messages.
  if (stranger || view.value()->last_msg_id < view.value()->joined_after) return append_as_stranger(core, message);
  return append_to_group(core, *view.value(), message);
}

StoreResult<Appended> import_to_user(SqliteCore& core, const NewMessage& message) {
  auto pair = find_pair(core, message.from, message.to.peer);
  if (pair.ok() && pair.value() == nullptr) pair = add_pair(core, message.from, message.to.peer, false);
  if (!pair.ok()) return pair.error();
  return append_to_pair(core, *pair.value(), message);
}

}  // namespace

StoreResult<bool> SqliteDatabase::empty() {
  auto users = core_.exists(Sql::kProfilesChanged, std::numeric_limits<int64_t>::min(), 0, 1);
  if (!users.ok()) return users.error();
  auto groups = core_.exists(Sql::kGroupsAfter, 0, 1);
  if (!groups.ok()) return groups.error();
  auto departments = core_.exists(Sql::kDepartmentsChanged, std::numeric_limits<int64_t>::min(), 0, 1);
  if (!departments.ok()) return departments.error();
  return !users.value() && !groups.value() && !departments.value();
}

StoreResult<Done> SqliteDatabase::import_user(const ImportedUser& user) {
  const Profile& profile = user.profile;
  if (profile.id == 0) return StoreError::kUnknownUser;
  return core_.change_one(StoreError::kNameTaken, Sql::kImportUser, profile.id, profile.name, user.password_hash,
                          profile.disabled ? 1 : 0, profile.gender, profile.nick, profile.real_name, profile.avatar_url,
                          profile.department_id, profile.email, profile.phone, profile.sign_info, profile.updated_at,
                          user.quiet_at_night ? 1 : 0);
}

StoreResult<Done> SqliteDatabase::import_group(const GroupState& state) {
  if (!core_.may_write()) return StoreError::kUnavailable;
  if (state.group.id == 0) return StoreError::kUnknownGroup;
  auto known = all_known(core_, users_of(state));
  if (!known.ok()) return known.error();
  auto used = find_group_conversation(core_, state.group.id);  // a deleted group's is still there
  if (!used.ok()) return used.error();
  if (used.value()) return StoreError::kNameTaken;
  Group group = state.group;
  group.version = std::max(group.version, 1u);
  auto id = add_group_row(core_, group);
  if (!id.ok()) return id.error();
  for (const GroupMember& member : state.members) {
    auto added =
        core_.change(Sql::kImportMember, id.value(), member.user, member.joined_after, member.shielded ? 1 : 0);
    if (!added.ok()) return added.error();
  }
  return Done{};
}

StoreResult<Appended> SqliteDatabase::import_message(const NewMessage& message) {
  if (!core_.may_write()) return StoreError::kUnavailable;
  auto before = find_by_client_key(core_, message);
  if (!before.ok()) return before.error();
  if (before.value()) return *before.value();
  const bool single = message.to.kind == ConversationKind::kSingle;
  auto known = all_known(core_, std::array{message.from, single ? message.to.peer : message.from});
  if (!known.ok()) return known.error();
  if (!single) return import_to_group(core_, message);
  if (message.from == message.to.peer) return StoreError::kUnknownUser;
  return import_to_user(core_, message);
}

StoreResult<Done> SqliteDatabase::mark_all_read() {
  core_.forget_pairs();
  for (const Sql kind : {Sql::kReadAllPairs, Sql::kReadAllGroups}) {
    auto changed = core_.change(kind);
    if (!changed.ok()) return changed.error();
  }
  return Done{};
}

}  // namespace talkbeat
