#pragma once

#include <array>

#include "msg_server/store/sqlite_sql.h"

namespace talkbeat {

/// Conversations, and what their users have done with them.
inline constexpr std::array kConversationQueries{
    SqlText{Sql::kAddConversation, "INSERT INTO conversations (kind, low, high) VALUES (?1, ?2, ?3)"},
    SqlText{Sql::kFindPair,
            "SELECT conv_id, low, high, last_msg_id, last_sequence, updated_at, low_sent, low_read, low_seen,"
            " low_hidden, high_read, high_seen, high_hidden FROM conversations"
            " WHERE kind = 1 AND low = ?1 AND high = ?2"},
    // No row: one of them is unknown or disabled. NULL: they have not talked.
    SqlText{Sql::kFindPairOfEnabled,
            "SELECT c.conv_id, a.id, b.id, c.last_msg_id, c.last_sequence, c.updated_at, c.low_sent, c.low_read,"
            " c.low_seen, c.low_hidden, c.high_read, c.high_seen, c.high_hidden FROM users a CROSS JOIN users b"
            " LEFT JOIN conversations c ON c.kind = 1 AND c.low = a.id AND c.high = b.id"
            " WHERE a.id = ?1 AND a.disabled = 0 AND b.id = ?2 AND b.disabled = 0"},
    SqlText{Sql::kFindMembership,
            "SELECT c.conv_id, c.low, c.last_msg_id, c.last_sequence, c.updated_at, m.joined_after, m.sent, m.read,"
            " m.seen, m.hidden, g.version FROM group_members m"
            " CROSS JOIN conversations c ON c.kind = 2 AND c.low = m.group_id AND c.high = 0"
            " CROSS JOIN groups g ON g.id = m.group_id WHERE m.group_id = ?1 AND m.user_id = ?2"},
    SqlText{Sql::kFindGroupConversation,
            "SELECT conv_id, last_msg_id, last_sequence FROM conversations WHERE kind = 2 AND low = ?1 AND high = 0"},
    SqlText{Sql::kPairsOfLow,
            "SELECT conv_id, low, high, last_msg_id, last_sequence, updated_at, low_sent, low_read, low_seen,"
            " low_hidden, high_read, high_seen, high_hidden FROM conversations WHERE kind = 1 AND low = ?1"},
    SqlText{Sql::kPairsOfHigh,
            "SELECT conv_id, low, high, last_msg_id, last_sequence, updated_at, low_sent, low_read, low_seen,"
            " low_hidden, high_read, high_seen, high_hidden FROM conversations WHERE kind = 1 AND high = ?1"},
    SqlText{Sql::kMembershipsOf,
            "SELECT c.conv_id, c.low, c.last_msg_id, c.last_sequence, c.updated_at, m.joined_after, m.sent, m.read,"
            " m.seen, m.hidden, g.version FROM group_members m"
            " CROSS JOIN conversations c ON c.kind = 2 AND c.low = m.group_id AND c.high = 0"
            " CROSS JOIN groups g ON g.id = m.group_id WHERE m.user_id = ?1"},
    // Of a group. The clock may have been set back: a conversation's time moves forward only, or "changed since" would
    // miss it.
    SqlText{Sql::kNoteMessage,
            "UPDATE conversations SET last_msg_id = ?2, last_sequence = ?3, updated_at = max(updated_at, ?4)"
            " WHERE conv_id = ?1"},
    SqlText{Sql::kNoteSent, "UPDATE group_members SET sent = ?3 WHERE group_id = ?1 AND user_id = ?2"},
    SqlText{Sql::kKeepPair,
            "UPDATE conversations SET last_msg_id = ?2, last_sequence = ?3, updated_at = ?4, low_sent = ?5,"
            " low_read = ?6, low_seen = ?7, low_hidden = ?8, high_read = ?9, high_seen = ?10, high_hidden = ?11"
            " WHERE conv_id = ?1 AND last_sequence = ?12"},
    SqlText{Sql::kMarkMember,
            "UPDATE group_members SET read = ?3, seen = ?4, hidden = ?5 WHERE group_id = ?1 AND user_id = ?2"},
};

}  // namespace talkbeat
