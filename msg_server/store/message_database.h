#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "msg_server/store/message_records.h"
#include "msg_server/store/store_result.h"

namespace talkbeat {

/// conversations() and unread() carry no more bytes of latest messages than this: where one would not fit any more, its
/// body is left empty. So a list of many long messages stays a small answer.
inline constexpr size_t kMaxLatestBytes = 1 << 20;

/// Bodies of more bytes than this (audio, mostly) are kept apart, so that lists and scans of texts do not read them.
inline constexpr size_t kLargeBody = 4 << 10;

/// Messages and the users' lists of conversations: a part of Database (see there).
///
/// Callers see to it that messages to groups have a group's type (>= 0x10), and others have not. Of a group one sees,
/// in all of these, only what came after one's joining; who is not in it (or whose group does not exist) gets
/// kNotMember.
class MessageDatabase {
 public:
  virtual ~MessageDatabase() = default;

  /// Stores one message: one insert and one row update (in a group also the sender's row; bodies above kLargeBody lie
  /// in a table of their own). Refuses kUnknownUser, kNotMember, kKeyInUse. Inside a batch.
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

  /// The user's conversations, with users and groups, with updated_at > since that the user has not removed, newest
  /// first.
  virtual StoreResult<std::vector<Conversation>> conversations(UserId user, int64_t since, size_t limit) = 0;
  /// Conversations in which the others have written what the user has not read, newest first.
  virtual StoreResult<std::vector<Unread>> unread(UserId user) = 0;
  /// How many messages of the others the user has not read, in all conversations; costs no look at a message.
  virtual StoreResult<uint32_t> unread_total(UserId user) = 0;
  /// The user has read up to msg_id (beyond the newest counts as the newest; never moves back). True: something
  /// changed. Refuses kUnknownConversation, kNotMember. Inside a batch.
  virtual StoreResult<bool> mark_read(UserId user, ConversationRef ref, uint32_t msg_id) = 0;
  /// Hides the conversation from the user's list until the next message, and counts it as read. Refuses
  /// kUnknownConversation, kNotMember. Inside a batch.
  virtual StoreResult<Done> remove_conversation(UserId user, ConversationRef ref) = 0;
};

}  // namespace talkbeat
