#pragma once

#include <array>

#include "msg_server/store/sqlite_sql.h"

namespace talkbeat {

/// Users, departments, devices.
inline constexpr std::array kAccountQueries{
    SqlText{Sql::kAddUser,
            "INSERT INTO users (name, password_hash, nick, updated_at) VALUES (?1, ?2, ?3, ?4)"
            " ON CONFLICT (name) DO NOTHING"},
    SqlText{Sql::kSetPasswordHash,
            "UPDATE users SET password_hash = ?2, token_version = token_version + 1 WHERE id = ?1"},
    SqlText{Sql::kUpgradePasswordHash, "UPDATE users SET password_hash = ?3 WHERE id = ?1 AND password_hash = ?2"},
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
    SqlText{Sql::kUsersAfter,
            "SELECT id, name, gender, nick, real_name, avatar_url, department_id, email, phone, sign_info, disabled,"
            " updated_at FROM users WHERE id > ?1 ORDER BY id LIMIT ?2"},
    // What is NULL stays.
    SqlText{Sql::kEditProfile,
            "UPDATE users SET gender = coalesce(?2, gender), nick = coalesce(?3, nick),"
            " real_name = coalesce(?4, real_name), avatar_url = coalesce(?5, avatar_url),"
            " department_id = coalesce(?6, department_id), email = coalesce(?7, email), phone = coalesce(?8, phone),"
            " sign_info = coalesce(?9, sign_info), updated_at = max(updated_at + 1, ?10) WHERE id = ?1"},
    SqlText{Sql::kUserEnabled, "SELECT 1 FROM users WHERE id = ?1 AND disabled = 0"},
    SqlText{Sql::kUserKnown, "SELECT 1 FROM users WHERE id = ?1"},

    // An id of NULL is a new one.
    SqlText{Sql::kPutDepartment,
            "INSERT INTO departments (id, parent_id, priority, name, deleted, updated_at)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO UPDATE SET parent_id = excluded.parent_id,"
            " priority = excluded.priority, name = excluded.name, deleted = excluded.deleted,"
            " updated_at = max(updated_at + 1, excluded.updated_at)"},
    SqlText{Sql::kDepartmentsChanged,
            "SELECT id, parent_id, priority, name, deleted, updated_at FROM departments"
            " WHERE (updated_at, id) > (?1, ?2) ORDER BY updated_at, id LIMIT ?3"},

    // Replaces the user's row, and another user's with the same token.
    SqlText{Sql::kSetDevice, "INSERT OR REPLACE INTO devices (user_id, token, client_type) VALUES (?1, ?2, ?3)"},
    SqlText{Sql::kDropDevice, "DELETE FROM devices WHERE user_id = ?1"},
    SqlText{Sql::kSetPushShield, "UPDATE users SET push_shield = ?2 WHERE id = ?1"},
    SqlText{Sql::kPushShield, "SELECT push_shield FROM users WHERE id = ?1"},
    // CROSS JOIN: in this order, whatever SQLite thinks of the tables' sizes.
    SqlText{Sql::kPushTarget,
            "SELECT d.user_id, d.token, d.client_type, u.push_shield FROM devices d CROSS JOIN users u"
            " ON u.id = d.user_id AND u.disabled = 0 WHERE d.user_id = ?1"},
    SqlText{Sql::kGroupPushTargets,
            "SELECT d.user_id, d.token, d.client_type, u.push_shield FROM group_members m"
            " CROSS JOIN devices d ON d.user_id = m.user_id CROSS JOIN users u ON u.id = d.user_id AND u.disabled = 0"
            " WHERE m.group_id = ?1 AND m.shielded = 0 ORDER BY m.user_id"},
};

}  // namespace talkbeat
