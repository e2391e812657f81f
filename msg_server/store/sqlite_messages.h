#pragma once

#include "msg_server/store/message_records.h"
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

}  // namespace talkbeat
