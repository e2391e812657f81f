#pragma once

#include <cstdint>

#include "msg_server/store/records.h"

namespace talkbeat {

/// What one of the two has done with a conversation.
struct PairMark {
  uint32_t read = 0;    ///< the msg_id read up to
  uint32_t seen = 0;    ///< how many of the other's messages are among those
  uint32_t hidden = 0;  ///< the msg_id up to which the conversation was removed from the list
};

/// A conversation of two as it is stored: one row, whose counters give both users' unread counts. Pure arithmetic.
struct PairRow {
  int64_t conv_id = 0;
  UserId low = 0;  ///< the smaller user id
  UserId high = 0;
  uint32_t last_msg_id = 0;
  int64_t last_sequence = 0;
  int64_t updated_at = 0;
  uint32_t low_sent = 0;  ///< how many of the messages low has written
  PairMark low_mark;
  PairMark high_mark;

  UserId other(UserId user) const { return user == low ? high : low; }
  const PairMark& mark(UserId user) const { return user == low ? low_mark : high_mark; }

  /// How many of the first `msg_id` messages the other one has written, where `low_sent_then` of them are low's.
  uint32_t by_other(UserId user, uint32_t msg_id, uint32_t low_sent_then) const {
    return user == low ? msg_id - low_sent_then : low_sent_then;
  }
  /// One's own messages never count as unread.
  uint32_t unread(UserId user) const { return by_other(user, last_msg_id, low_sent) - mark(user).seen; }
  bool listed(UserId user) const { return last_msg_id > mark(user).hidden; }
};

}  // namespace talkbeat
