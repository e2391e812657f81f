#pragma once

#include <array>

#include "msg_server/store/sqlite_sql.h"

namespace talkbeat {

/// Offline files.
inline constexpr std::array kFileQueries{
    SqlText{Sql::kAddFile,
            "INSERT INTO offline_files (task_id, from_user, to_user, name, size, complete, created_at, expires_at)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (task_id) DO NOTHING"},
    SqlText{Sql::kFindFile,
            "SELECT task_id, from_user, to_user, name, size, complete, created_at, expires_at FROM offline_files"
            " WHERE task_id = ?1"},
    SqlText{Sql::kCompleteFile,
            "UPDATE offline_files SET complete = 1, expires_at = ?2 WHERE task_id = ?1 AND complete = 0"},
    SqlText{Sql::kDeleteFile, "DELETE FROM offline_files WHERE task_id = ?1"},
    SqlText{Sql::kFilesFor,
            "SELECT task_id, from_user, to_user, name, size, complete, created_at, expires_at FROM offline_files"
            " WHERE to_user = ?1 AND complete = 1 AND expires_at > ?2 ORDER BY created_at, id LIMIT ?3"},
    SqlText{Sql::kExpiredFiles,
            "SELECT task_id, from_user, to_user, name, size, complete, created_at, expires_at FROM offline_files"
            " WHERE expires_at <= ?1 ORDER BY expires_at, id LIMIT ?2"},
    SqlText{Sql::kBytesOfSender, "SELECT coalesce(sum(max(size, 65536)), 0) FROM offline_files WHERE from_user = ?1"},
    SqlText{Sql::kBytesOfAll, "SELECT total FROM offline_bytes WHERE id = 1"},
};

}  // namespace talkbeat
