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

  // Messages.
  /// Stores one message: one insert and one row update. Refuses kUnknownUser, kNotMember. Inside a batch.
  virtual StoreResult<Appended> append(const NewMessage& message) = 0;
  /// Messages with 0 < msg_id <= begin (begin 0: the newest), newest first, at most `limit`. Unknown: empty.
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
};

}  // namespace talkbeat
