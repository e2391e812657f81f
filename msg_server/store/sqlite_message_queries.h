#pragma once

#include <array>

#include "msg_server/store/sqlite_sql.h"

namespace talkbeat {

/// Messages. Those that are read come from whole_messages, which has the large bodies, too.
inline constexpr std::array kMessageQueries{
    SqlText{Sql::kFindByClientKey,
            "SELECT m.msg_id, m.created_at, m.sequence, c.kind, c.low, c.high, m.type, m.body FROM whole_messages m"
            " JOIN conversations c ON c.conv_id = m.conv_id WHERE m.from_user = ?1 AND m.client_key = ?2"},
    // Changes nothing where the key is in use.
    SqlText{Sql::kAddMessage,
            "INSERT INTO messages (conv_id, msg_id, previous, from_user, created_at, type, client_key, low_sent, body)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING"},
    SqlText{Sql::kAddLargeBody, "INSERT INTO large_bodies (sequence, body) VALUES (?1, ?2)"},
    SqlText{Sql::kAddMilestone, "INSERT INTO milestones (conv_id, msg_id, sequence) VALUES (?1, ?2, ?3)"},
    SqlText{Sql::kFindMilestone, "SELECT sequence FROM milestones WHERE conv_id = ?1 AND msg_id = ?2"},
    SqlText{Sql::kPrevious, "SELECT previous FROM messages WHERE sequence = ?1"},
    SqlText{Sql::kMessageBySequence,
            "SELECT msg_id, from_user, created_at, type, body, previous FROM whole_messages WHERE sequence = ?1"},
    SqlText{Sql::kMessagesAfter,
            "SELECT m.msg_id, m.from_user, m.created_at, m.type, m.body, m.sequence, m.client_key, c.kind, c.low,"
            " c.high, g.version FROM whole_messages m CROSS JOIN conversations c ON c.conv_id = m.conv_id"
            " LEFT JOIN groups g ON c.kind = 2 AND g.id = c.low WHERE m.sequence > ?1 ORDER BY m.sequence LIMIT ?2"},
    SqlText{Sql::kLatestSequence, "SELECT max(sequence) FROM messages"},
    SqlText{Sql::kLowSentAt, "SELECT low_sent FROM messages WHERE sequence = ?1"},
    // How many of a group's messages a member has written by then: its latest one up to ?3 knows.
    SqlText{Sql::kOwnSentAt,
            "SELECT low_sent FROM messages WHERE conv_id = ?1 AND from_user = ?2 AND msg_id <= ?3 AND msg_id > ?4"
            " AND type >= 16 ORDER BY msg_id DESC LIMIT 1"},
};

}  // namespace talkbeat
