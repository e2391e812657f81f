#pragma once

#include <array>

#include "msg_server/store/sqlite_sql.h"

namespace talkbeat {

/// Taking over another system's data.
inline constexpr std::array kImportQueries{
    SqlText{Sql::kImportUser,
            "INSERT INTO users (id, name, password_hash, disabled, gender, nick, real_name, avatar_url, department_id,"
            " email, phone, sign_info, updated_at, push_shield)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) ON CONFLICT DO NOTHING"},
    SqlText{Sql::kImportMember,
            "INSERT INTO group_members (group_id, user_id, since_version, joined_after, shielded, read, hidden)"
            " VALUES (?1, ?2, 1, ?3, ?4, ?3, ?3) ON CONFLICT DO NOTHING"},
    // These two touch all there is; an import does that once.
    SqlText{Sql::kReadAllPairs,
            "UPDATE conversations SET low_read = last_msg_id, low_seen = last_msg_id - low_sent,"
            " high_read = last_msg_id, high_seen = low_sent WHERE kind = 1"},
    SqlText{Sql::kReadAllGroups,
            "UPDATE group_members SET read = c.last_msg_id, seen = c.last_msg_id - joined_after - sent"
            " FROM conversations c WHERE c.kind = 2 AND c.high = 0 AND c.low = group_members.group_id"
            " AND c.last_msg_id > joined_after"},
};

}  // namespace talkbeat
