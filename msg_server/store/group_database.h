#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "msg_server/store/group_records.h"
#include "msg_server/store/store_result.h"

namespace talkbeat {

/// Groups and who is in them: a part of Database (see there). What the members write is in MessageDatabase. All writes:
/// inside a batch. The id of a group that was deleted is never given to another one.
class GroupDatabase {
 public:
  virtual ~GroupDatabase() = default;

  /// Refuses kUnknownUser (one of them unknown or disabled), kLimitReached. `changed` has all members.
  virtual StoreResult<GroupChanged> create_group(const NewGroup& group, int64_t now) = 0;
  /// Refuses kUnknownGroup, kNotMember (the actor), kNotAllowed, kUnknownUser (when adding), kLimitReached; a member
  /// who is added again, or somebody else who is removed, changes nothing. The version moves only where somebody
  /// changed. When the creator leaves, the longest member becomes it (of those who came together, the one with the
  /// smallest id); the last one to leave leaves an empty group of the administrator's.
  virtual StoreResult<GroupChanged> change_members(const MemberChange& change, int64_t now) = 0;
  /// Refuses kUnknownGroup. `changed` is empty. The version moves only where something became different.
  virtual StoreResult<GroupChanged> edit_group(GroupId group, const GroupEdit& edit) = 0;
  /// Refuses kUnknownGroup. Its messages are kept, but nobody sees them any more. Gives the last state.
  virtual StoreResult<GroupState> delete_group(GroupId group) = 0;
  /// Refuses kNotMember.
  virtual StoreResult<Done> set_group_shield(UserId user, GroupId group, bool shielded) = 0;

  virtual StoreResult<std::optional<GroupState>> find_group(GroupId group) = 0;
  /// The groups that the user is in, by id.
  virtual StoreResult<std::vector<Group>> groups_of(UserId user) = 0;
  /// All groups with id > after, by id, at most `limit`.
  virtual StoreResult<std::vector<Group>> groups_after(GroupId after, size_t limit) = 0;
};

}  // namespace talkbeat
