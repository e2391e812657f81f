#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "msg_server/store/account_records.h"

namespace talkbeat {

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

}  // namespace talkbeat
