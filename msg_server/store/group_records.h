#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "msg_server/store/account_records.h"

namespace talkbeat {

using GroupId = uint32_t;

enum class GroupKind : uint8_t { kNormal = 1, kTemporary = 2 };  // GroupType on the wire

struct Group {
  GroupId id = 0;
  GroupKind kind = GroupKind::kTemporary;
  uint32_t version = 1;  ///< moves with each change of the name, the avatar or the members
  std::string name;
  std::string avatar_url;
  UserId creator = 0;  ///< 0: the administrator
  int64_t created_at = 0;
};

struct GroupMember {
  UserId user = 0;
  uint32_t joined_after = 0;  ///< the group's latest msg_id at the joining: earlier messages are none of this member's
  bool shielded = false;      ///< the member has muted the group

  bool operator==(const GroupMember&) const = default;
};

/// A group with all its members, in the order of their ids.
struct GroupState {
  Group group;
  std::vector<GroupMember> members;
};

struct NewGroup {
  GroupKind kind = GroupKind::kTemporary;
  std::string name;
  std::string avatar_url;
  UserId creator = 0;           ///< becomes a member, too; 0: the administrator, who is none
  std::vector<UserId> members;  ///< duplicates count once
  size_t max_members = 10'000;
};

/// What the members of a group are to become. Who may do that is checked where it happens, with the state as it is
/// then.
struct MemberChange {
  GroupId group = 0;
  UserId actor = 0;  ///< 0: the administrator, who may do all
  bool add = true;   ///< false: remove
  std::vector<UserId> users;
  bool members_may_add = true;  ///< else only the creator
  size_t max_members = 10'000;
};

/// What became of it.
struct GroupChanged {
  GroupState now;
  std::vector<UserId> changed;  ///< those of the users asked for who were not members before, or were; ascending
};

/// What changes of a group; the rest stays.
struct GroupEdit {
  std::optional<std::string> name;
  std::optional<std::string> avatar_url;
};

}  // namespace talkbeat
