#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "msg_server/store/pair_row.h"
#include "msg_server/store/records.h"
#include "msg_server/store/sqlite_statement.h"

namespace talkbeat {

/// From a row of `msg_id, from_user, created_at, type, body, …`.
inline Message read_message(const Query& row) {
  return Message{.msg_id = row.number<uint32_t>(0),
                 .from = row.number<UserId>(1),
                 .created_at = row.integer(2),
                 .type = row.number<uint8_t>(3),
                 .body = row.text(4)};
}

/// From a row of one of the kFindPair, kPairsOf… statements.
PairRow read_pair(const Query& row);

/// SQLite takes a negative limit for "all".
inline int64_t row_limit(size_t limit) {
  return static_cast<int64_t>(std::min<size_t>(limit, INT64_MAX));
}

}  // namespace talkbeat
