#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace talkbeat {

using UserId = uint32_t;

/// What a login needs to know of an account.
struct Account {
  UserId id = 0;
  std::string name;
  std::string password_hash;   ///< libsodium's `$argon2id$…` string
  uint32_t token_version = 0;  ///< session tokens of another one are void (Database::revoke_tokens)
  bool disabled = false;
};

/// What other users see of an account: `UserInfo` on the wire.
struct Profile {
  UserId id = 0;
  std::string name;  ///< the login name; `user_domain` on the wire
  uint32_t gender = 0;
  std::string nick;
  std::string real_name;
  std::string avatar_url;
  uint32_t department_id = 0;
  std::string email;
  std::string phone;
  std::string sign_info;
  bool disabled = false;
  int64_t updated_at = 0;  ///< Unix seconds
};

/// What changes of a profile; the rest stays.
struct ProfileEdit {
  std::optional<uint32_t> gender;
  std::optional<std::string> nick;
  std::optional<std::string> real_name;
  std::optional<std::string> avatar_url;
  std::optional<uint32_t> department_id;
  std::optional<std::string> email;
  std::optional<std::string> phone;
  std::optional<std::string> sign_info;
};

/// A node of the organisation's tree: `DepartInfo` on the wire.
struct Department {
  uint32_t id = 0;         ///< put_department(): 0 makes a new one
  uint32_t parent_id = 0;  ///< 0: at the top
  uint32_t priority = 0;   ///< the order among its siblings
  std::string name;
  bool deleted = false;    ///< kept, so that clients hear of it
  int64_t updated_at = 0;  ///< Unix seconds
};

struct NewUser {
  std::string name;  ///< 1 to 64 bytes; unique, compared byte by byte
  std::string password_hash;
  std::string nick;  ///< empty: the name
};

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

/// What the members of a group are to become. Who may do that is checked where it happens, with the state as it is then.
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

enum class ConversationKind : uint8_t { kSingle = 1, kGroup = 2 };  // SessionType on the wire

/// A conversation as one of its users names it: the peer's user id, or the group's id.
struct ConversationRef {
  ConversationKind kind = ConversationKind::kSingle;
  uint32_t peer = 0;

  bool operator==(const ConversationRef&) const = default;
};

struct NewMessage {
  UserId from = 0;
  ConversationRef to;
  uint8_t type = 1;                    ///< MsgType on the wire
  std::string body;                    ///< opaque bytes
  int64_t created_at = 0;              ///< Unix seconds
  std::optional<uint64_t> client_key;  ///< the same key from the same user is stored once
};

/// What became of a NewMessage.
struct Appended {
  uint32_t msg_id = 0;  ///< 1, 2, 3, … within the conversation
  int64_t created_at = 0;
  /// Place in the store's order of commits over all conversations: identifies the message in the whole cluster.
  uint64_t sequence = 0;
  bool duplicate = false;      ///< the client_key was known: the values are those of the first time
  uint32_t group_version = 0;  ///< of the group as it was then (for a duplicate: as it is now); 0: no group
};

struct Message {
  uint32_t msg_id = 0;
  UserId from = 0;
  int64_t created_at = 0;
  uint8_t type = 1;
  std::string body;
};

/// A message with its place in the cluster's order and the users it concerns, for catching up after a gap in the bus.
struct SequencedMessage {
  uint64_t sequence = 0;
  ConversationKind kind = ConversationKind::kSingle;
  uint32_t to = 0;  ///< the receiver's user id, or the group's id
  Message message;
  std::optional<uint64_t> client_key;
  uint32_t group_version = 0;  ///< of the group as it is now; 0: no group
};

/// A conversation in a user's list.
struct Conversation {
  ConversationRef ref;
  int64_t updated_at = 0;
  Message latest;
};

struct Unread {
  ConversationRef ref;
  uint32_t count = 0;
  Message latest;
};

/// A mobile device that takes pushes: one a user, and one user a device.
struct Device {
  std::string token;  ///< opaque; what the platform's push service calls the device
  uint32_t client_type = 0;
};

/// Where to push to a user.
struct PushTarget {
  UserId user = 0;
  Device device;
  bool quiet_at_night = false;  ///< the user's push shield
};

/// A file that waits for its receiver on the server's disk, or is on its way there. Its bytes are not in the store.
struct OfflineFile {
  std::string task_id;
  UserId from = 0;
  UserId to = 0;
  std::string name;  ///< any bytes; never a path
  uint32_t size = 0;
  bool complete = false;
  int64_t created_at = 0;  ///< Unix seconds
  int64_t expires_at = 0;
};

/// What offline files may take together, by their full sizes. 0: nothing.
struct FileQuota {
  uint64_t per_sender = 0;
  uint64_t total = 0;
};

/// Taken over from another system, with their ids.
struct ImportedUser {
  Profile profile;
  std::string password_hash;
  bool quiet_at_night = false;
};

}  // namespace talkbeat
