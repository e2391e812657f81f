#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace talkbeat {

/// Every statement that SqliteDatabase runs on behalf of others; all are prepared when it opens. A test asks SQLite for
/// the plan of each one and fails where it would read a whole table.
enum class Sql : uint8_t {
  kAddUser,
  kSetPasswordHash,
  kRevokeTokens,
  kSetDisabled,
  kFindAccount,
  kProfile,
  kProfilesChanged,
  kUserEnabled,
  kFindByClientKey,
  kAddMessage,
  kMessagesBefore,
  kMessageById,
  kMessageBySequence,
  kMessagesAfter,
  kLatestSequence,
  kLowSentAt,
  kAddPair,
  kFindPair,
  kPairsOfLow,
  kPairsOfHigh,
  kNoteMessage,
  kMarkLow,
  kMarkHigh,
};

struct SqlText {
  Sql id;
  std::string_view text;
};

inline constexpr std::array kSqlTexts{
    SqlText{Sql::kAddUser,
            "INSERT INTO users (name, password_hash, nick, updated_at) VALUES (?1, ?2, ?3, ?4)"
            " ON CONFLICT (name) DO NOTHING"},
    SqlText{Sql::kSetPasswordHash,
            "UPDATE users SET password_hash = ?2, token_version = token_version + 1 WHERE id = ?1"},
    SqlText{Sql::kRevokeTokens, "UPDATE users SET token_version = token_version + 1 WHERE id = ?1"},
    // ?2 is 0 or 1. Always later than before, so that whoever has seen the old state sees this one, whatever the clock
    // did.
    SqlText{Sql::kSetDisabled,
            "UPDATE users SET disabled = ?2, token_version = token_version + ?2,"
            " updated_at = max(updated_at + 1, ?3) WHERE id = ?1"},
    SqlText{Sql::kFindAccount, "SELECT id, name, password_hash, token_version, disabled FROM users WHERE name = ?1"},
    SqlText{Sql::kProfile,
            "SELECT id, name, gender, nick, real_name, avatar_url, department_id, email, phone, sign_info, disabled,"
            " updated_at FROM users WHERE id = ?1"},
    SqlText{Sql::kProfilesChanged,
            "SELECT id, name, gender, nick, real_name, avatar_url, department_id, email, phone, sign_info, disabled,"
            " updated_at FROM users WHERE (updated_at, id) > (?1, ?2) ORDER BY updated_at, id LIMIT ?3"},
    SqlText{Sql::kUserEnabled, "SELECT 1 FROM users WHERE id = ?1 AND disabled = 0"},

    SqlText{Sql::kFindByClientKey,
            "SELECT msg_id, created_at, sequence FROM messages WHERE from_user = ?1 AND client_key = ?2"},
    SqlText{Sql::kAddMessage,
            "INSERT INTO messages (conv_id, msg_id, from_user, created_at, type, client_key, low_sent, body)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"},
    SqlText{Sql::kMessagesBefore,
            "SELECT msg_id, from_user, created_at, type, body FROM messages WHERE conv_id = ?1 AND msg_id <= ?2"
            " ORDER BY msg_id DESC LIMIT ?3"},
    SqlText{Sql::kMessageById,
            "SELECT msg_id, from_user, created_at, type, body FROM messages WHERE conv_id = ?1 AND msg_id = ?2"},
    SqlText{Sql::kMessageBySequence,
            "SELECT msg_id, from_user, created_at, type, body FROM messages WHERE sequence = ?1"},
    SqlText{
        Sql::kMessagesAfter,
        "SELECT m.msg_id, m.from_user, m.created_at, m.type, m.body, m.sequence, m.client_key, c.kind, c.low, c.high"
        " FROM messages m JOIN conversations c ON c.conv_id = m.conv_id WHERE m.sequence > ?1"
        " ORDER BY m.sequence LIMIT ?2"},
    SqlText{Sql::kLatestSequence, "SELECT max(sequence) FROM messages"},
    SqlText{Sql::kLowSentAt, "SELECT low_sent FROM messages WHERE conv_id = ?1 AND msg_id = ?2"},

    SqlText{Sql::kAddPair, "INSERT INTO conversations (kind, low, high) VALUES (1, ?1, ?2)"},
    SqlText{Sql::kFindPair,
            "SELECT conv_id, low, high, last_msg_id, last_sequence, updated_at, low_sent, low_read, low_seen,"
            " low_hidden, high_read, high_seen, high_hidden FROM conversations"
            " WHERE kind = 1 AND low = ?1 AND high = ?2"},
    SqlText{Sql::kPairsOfLow,
            "SELECT conv_id, low, high, last_msg_id, last_sequence, updated_at, low_sent, low_read, low_seen,"
            " low_hidden, high_read, high_seen, high_hidden FROM conversations WHERE kind = 1 AND low = ?1"},
    SqlText{Sql::kPairsOfHigh,
            "SELECT conv_id, low, high, last_msg_id, last_sequence, updated_at, low_sent, low_read, low_seen,"
            " low_hidden, high_read, high_seen, high_hidden FROM conversations WHERE kind = 1 AND high = ?1"},
    // The clock may have been set back: a conversation's time moves forward only, or "changed since" would miss it.
    SqlText{Sql::kNoteMessage,
            "UPDATE conversations SET last_msg_id = ?2, last_sequence = ?3, low_sent = ?4,"
            " updated_at = max(updated_at, ?5) WHERE conv_id = ?1"},
    SqlText{Sql::kMarkLow, "UPDATE conversations SET low_read = ?2, low_seen = ?3, low_hidden = ?4 WHERE conv_id = ?1"},
    SqlText{Sql::kMarkHigh,
            "UPDATE conversations SET high_read = ?2, high_seen = ?3, high_hidden = ?4 WHERE conv_id = ?1"},
};

constexpr bool in_order(const decltype(kSqlTexts)& texts) {
  for (size_t i = 0; i < texts.size(); ++i) {
    if (static_cast<size_t>(texts[i].id) != i) return false;
  }
  return true;
}
static_assert(in_order(kSqlTexts), "kSqlTexts is indexed by Sql: a statement is missing or out of order");

}  // namespace talkbeat
