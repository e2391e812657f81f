#pragma once

#include <array>

#include "msg_server/store/sqlite_sql.h"

namespace talkbeat {

/// Groups and their members.
inline constexpr std::array kGroupQueries{
    // An id of NULL is a new one; one that is taken changes nothing.
    SqlText{Sql::kAddGroup,
            "INSERT INTO groups (id, kind, version, name, avatar_url, creator, created_at)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO NOTHING"},
    SqlText{Sql::kAddMember,
            "INSERT INTO group_members (group_id, user_id, since_version, joined_after, read, hidden)"
            " VALUES (?1, ?2, ?3, ?4, ?4, ?4)"},
    SqlText{Sql::kChangeGroup,
            "UPDATE groups SET version = ?2, name = ?3, avatar_url = ?4, creator = ?5 WHERE id = ?1"},
    SqlText{Sql::kRemoveMember, "DELETE FROM group_members WHERE group_id = ?1 AND user_id = ?2"},
    SqlText{Sql::kRemoveMembers, "DELETE FROM group_members WHERE group_id = ?1"},
    SqlText{Sql::kDeleteGroup, "DELETE FROM groups WHERE id = ?1"},
    SqlText{Sql::kSetGroupShield, "UPDATE group_members SET shielded = ?3 WHERE group_id = ?1 AND user_id = ?2"},
    // One statement, so that the version and the members are of the same moment.
    SqlText{Sql::kFindGroup,
            "SELECT g.id, g.kind, g.version, g.name, g.avatar_url, g.creator, g.created_at,"
            " m.user_id, m.joined_after, m.shielded FROM groups g LEFT JOIN group_members m ON m.group_id = g.id"
            " WHERE g.id = ?1 ORDER BY m.user_id"},
    SqlText{Sql::kGroupVersion, "SELECT version FROM groups WHERE id = ?1"},
    // The smallest pair of (since_version, user_id) as one number: needs no sorting.
    SqlText{Sql::kLongestMember,
            "SELECT min((since_version << 32) | user_id) & 4294967295 FROM group_members WHERE group_id = ?1"},
    SqlText{Sql::kGroupsOf,
            "SELECT g.id, g.kind, g.version, g.name, g.avatar_url, g.creator, g.created_at"
            " FROM group_members m CROSS JOIN groups g ON g.id = m.group_id WHERE m.user_id = ?1 ORDER BY m.group_id"},
    SqlText{Sql::kGroupsAfter,
            "SELECT id, kind, version, name, avatar_url, creator, created_at FROM groups WHERE id > ?1"
            " ORDER BY id LIMIT ?2"},
};

}  // namespace talkbeat
