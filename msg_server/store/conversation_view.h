#pragma once

#include <cstdint>

#include "msg_server/store/message_records.h"

namespace talkbeat {

/// What a user has done with a conversation.
struct ReadMark {
  uint32_t read = 0;    ///< the msg_id read up to
  uint32_t seen = 0;    ///< how many of the others' messages are among those
  uint32_t hidden = 0;  ///< the msg_id up to which the conversation was removed from the list
};

/// A conversation as one of its users sees it, from a few counters that are stored: nothing is written per receiver of
/// a message. Pure arithmetic.
///
///   view.unread();                  // the others' messages after the mark
///   view.read_all();                // the mark that leaves none
struct ConversationView {
  ConversationRef ref = {};
  int64_t conv_id = 0;
  uint32_t joined_after = 0;  ///< messages up to this one are none of the user's; 0 for a conversation of two
  uint32_t last_msg_id = 0;
  int64_t last_sequence = 0;
  int64_t updated_at = 0;
  uint32_t own = 0;  ///< how many of the messages after joined_after the user has written
  ReadMark mark = {};
  uint32_t group_version = 0;  ///< 0: no group

  /// How many messages up to `msg_id` the others have written, where `own_then` were the user's own.
  uint32_t by_others(uint32_t msg_id, uint32_t own_then) const {
    return msg_id > joined_after ? msg_id - joined_after - own_then : 0;
  }
  /// One's own messages never count as unread.
  uint32_t unread() const { return by_others(last_msg_id, own) - mark.seen; }
  bool listed() const { return last_msg_id > mark.hidden; }
  /// The newest message that the user may see; 0: none.
  uint32_t latest() const { return last_msg_id > joined_after ? last_msg_id : 0; }
  ReadMark read_all() const {
    return {.read = last_msg_id, .seen = by_others(last_msg_id, own), .hidden = mark.hidden};
  }
};

}  // namespace talkbeat
