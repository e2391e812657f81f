#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/status.h"
#include "msg_server/store/records.h"

namespace talkbeat {

/// Why the database did not do what it was asked.
enum class StoreError : uint8_t {
  kBusy,                ///< too much waits already: try again later
  kUnavailable,         ///< the database failed (disk full, file gone): nothing was changed
  kNameTaken,           ///< an account of that name exists
  kUnknownUser,         ///< no such user, or a disabled one
  kNotMember,           ///< the user is not in that group
  kUnknownGroup,        ///< no such group
  kNotAllowed,          ///< the user may not do that
  kLimitReached,        ///< a group would get too large, a quota is used up
  kUnknownConversation  ///< these two have never exchanged a message
};

const char* to_string(StoreError error);

template <class T>
class [[nodiscard]] StoreResult {
 public:
  StoreResult(T value) : value_(std::move(value)) {}  // NOLINT
  StoreResult(StoreError error) : value_(error) {}    // NOLINT

  bool ok() const { return std::holds_alternative<T>(value_); }
  T& value() & { return std::get<T>(value_); }
  const T& value() const& { return std::get<T>(value_); }
  /// A copy of its own: `for (x : db.unread(user).value())` must not walk through what is gone already.
  T value() && { return std::move(std::get<T>(value_)); }
  StoreError error() const { return std::get<StoreError>(value_); }

 private:
  std::variant<T, StoreError> value_;
};

struct Done {};

/// conversations() and unread() carry no more bytes of latest messages than this: where one would not fit any more, its
/// body is left empty. So a list of many long messages stays a small answer.
inline constexpr size_t kMaxLatestBytes = 1 << 20;

/// Bodies of more bytes than this (audio, mostly) are kept apart, so that lists and scans of texts do not read them.
inline constexpr size_t kLargeBody = 4 << 10;

/// The seam to what lasts: one connection to one database, blocking, used by one thread at a time. Store puts it behind
/// queues and workers; talkctl uses it directly. Every implementation passes the suite in tests/contract.
///
/// Writes happen inside a batch: between begin_batch() and commit_batch() they see each other, and none of them counts
/// until the commit has returned ok (then all of them survive kill -9 and power loss). A write that is refused (a
/// StoreError other than kUnavailable) leaves the batch usable and the rest of it unharmed; after kUnavailable the
/// batch is lost: roll it back and report kUnavailable for all of it.
class Database {
 public:
  virtual ~Database() = default;

  virtual Status begin_batch() = 0;
  virtual Status commit_batch() = 0;
  virtual void rollback_batch() = 0;

  /// What the database itself said about the last failure, for the log; empty where there was none.
  virtual std::string last_error() const { return {}; }

  /// Some databases need now and then what would stall a commit (SQLite: copying its log into the file). upkeep_due()
  /// is asked after a commit, by the thread that committed; upkeep() then runs on another connection to the same
  /// database, outside a batch, while commits go on.
  virtual bool upkeep_due() const { return false; }
  virtual Status upkeep() { return {}; }

  // Accounts. Writes: inside a batch.
  virtual StoreResult<UserId> add_user(const NewUser& user, int64_t now) = 0;
  /// Also moves token_version.
  virtual StoreResult<Done> set_password_hash(UserId user, std::string_view hash) = 0;
  /// Moves token_version and nothing else.
  virtual StoreResult<Done> revoke_tokens(UserId user) = 0;
  /// Disabling also moves token_version, so that an account that is enabled again has no session tokens.
  virtual StoreResult<Done> set_disabled(UserId user, bool disabled, int64_t now) = 0;
  virtual StoreResult<std::optional<Account>> find_account(std::string_view name) = 0;
  /// The known ones among `users`, in the order asked.
  virtual StoreResult<std::vector<Profile>> profiles(std::span<const UserId> users) = 0;
  /// Profiles with updated_at > since, by (updated_at, id), at most `limit`; start with after = 0, go on with the last
  /// one's updated_at - 1 as `since` and its id as `after` (only ids > after count at updated_at == since + 1).
  virtual StoreResult<std::vector<Profile>> profiles_changed(int64_t since, UserId after, size_t limit) = 0;
  /// Refuses kUnknownUser. Moves updated_at (always, by at least 1), so that others hear of it. Inside a batch.
  virtual StoreResult<Done> edit_profile(UserId user, const ProfileEdit& edit, int64_t now) = 0;

  // Departments.
  /// Adds it (id 0) or replaces it; updated_at as in edit_profile(). Gives the id. Inside a batch.
  virtual StoreResult<uint32_t> put_department(const Department& department, int64_t now) = 0;
  /// Those with updated_at > since, deleted ones too, by (updated_at, id), at most `limit`; pages as profiles_changed().
  virtual StoreResult<std::vector<Department>> departments_changed(int64_t since, uint32_t after, size_t limit) = 0;

  // Groups. Writes: inside a batch.
  /// Refuses kUnknownUser (one of them unknown or disabled), kLimitReached. `changed` has all members.
  virtual StoreResult<GroupChanged> create_group(const NewGroup& group, int64_t now) = 0;
  /// Refuses kUnknownGroup, kNotMember (the actor), kNotAllowed, kUnknownUser (when adding), kLimitReached; a member who
  /// is added again, or somebody else who is removed, changes nothing. The version moves only where somebody changed.
  /// When the creator leaves, the longest member becomes it.
  virtual StoreResult<GroupChanged> change_members(const MemberChange& change, int64_t now) = 0;
  /// Refuses kUnknownGroup. `changed` is empty.
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

  // Messages.
  /// Stores one message: one insert and one row update (in a group also the sender's row; bodies above kLargeBody lie in
  /// a table of their own). Refuses kUnknownUser, kNotMember. Inside a batch.
  virtual StoreResult<Appended> append(const NewMessage& message) = 0;
  /// Messages with 0 < msg_id <= begin (begin 0: the newest), newest first, at most `limit`. Unknown: empty. Of a group
  /// (here and below) only what came after the user's joining; kNotMember for whoever is not in it.
  virtual StoreResult<std::vector<Message>> messages_before(UserId user, ConversationRef ref, uint32_t begin,
                                                            size_t limit) = 0;
  /// Those that exist among `ids`, in ascending order.
  virtual StoreResult<std::vector<Message>> messages_by_id(UserId user, ConversationRef ref,
                                                           std::span<const uint32_t> ids) = 0;
  /// 0 where there is none.
  virtual StoreResult<uint32_t> latest_msg_id(UserId user, ConversationRef ref) = 0;
  /// All users' messages with sequence > after, ascending, at most `limit`: for catching up after a gap in the bus.
  virtual StoreResult<std::vector<SequencedMessage>> messages_after(uint64_t after, size_t limit) = 0;
  /// The highest sequence committed so far; 0 in an empty store.
  virtual StoreResult<uint64_t> latest_sequence() = 0;

  // A user's conversations.
  /// Those with updated_at > since that the user has not removed, newest first.
  virtual StoreResult<std::vector<Conversation>> conversations(UserId user, int64_t since, size_t limit) = 0;
  /// Conversations in which the others have written what the user has not read.
  virtual StoreResult<std::vector<Unread>> unread(UserId user) = 0;
  /// The user has read up to msg_id (beyond the newest counts as the newest; never moves back). True: something
  /// changed. Inside a batch.
  virtual StoreResult<bool> mark_read(UserId user, ConversationRef ref, uint32_t msg_id) = 0;
  /// Hides the conversation from the user's list until the next message, and counts it as read. Inside a batch.
  virtual StoreResult<Done> remove_conversation(UserId user, ConversationRef ref) = 0;

  // Pushes to devices of users who are not online. Writes: inside a batch.
  /// Nothing: the user has none any more. Another user's entry with the same token goes.
  virtual StoreResult<Done> set_device(UserId user, const std::optional<Device>& device) = 0;
  /// Do not disturb at night. Refuses kUnknownUser.
  virtual StoreResult<Done> set_push_shield(UserId user, bool on) = 0;
  virtual StoreResult<bool> push_shield(UserId user) = 0;
  /// Of those among `users` who have a device.
  virtual StoreResult<std::vector<PushTarget>> push_targets(std::span<const UserId> users) = 0;
  /// Of the group's members who have a device and have not muted the group.
  virtual StoreResult<std::vector<PushTarget>> group_push_targets(GroupId group) = 0;

  // Offline files. Writes: inside a batch.
  /// Refuses kUnknownUser, kLimitReached.
  virtual StoreResult<Done> add_file(const OfflineFile& file, const FileQuota& quota) = 0;
  virtual StoreResult<std::optional<OfflineFile>> find_file(std::string_view task_id) = 0;
  /// All its bytes are there. False: no such file, or it was complete already.
  virtual StoreResult<bool> complete_file(std::string_view task_id) = 0;
  /// False: there was none.
  virtual StoreResult<bool> delete_file(std::string_view task_id) = 0;
  /// Complete ones for this receiver that have not expired, oldest first, at most `limit`.
  virtual StoreResult<std::vector<OfflineFile>> files_for(UserId to, int64_t now, size_t limit) = 0;
  /// With expires_at <= now, complete or not, at most `limit`.
  virtual StoreResult<std::vector<OfflineFile>> expired_files(int64_t now, size_t limit) = 0;

  // Taking over another system's data, into an empty store, users first; ids are kept. Inside a batch.
  virtual StoreResult<bool> empty() = 0;  ///< no users, no groups
  virtual StoreResult<Done> import_user(const ImportedUser& user) = 0;
  virtual StoreResult<Done> import_group(const GroupState& group) = 0;
  /// append() for what has been accepted long ago: the sender may be disabled, or in the group no more.
  virtual StoreResult<Appended> import_message(const NewMessage& message) = 0;
  /// All messages so far count as read by everybody.
  virtual StoreResult<Done> mark_all_read() = 0;
};

}  // namespace talkbeat
