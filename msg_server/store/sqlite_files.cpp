#include <algorithm>
#include <array>

#include "msg_server/store/sqlite_database.h"
#include "msg_server/store/sqlite_users.h"

// What is known of offline files, in SQLite.
namespace talkbeat {
namespace {

OfflineFile read_file(const Query& row) {
  return OfflineFile{.task_id = row.text(0),
                     .from = row.number<UserId>(1),
                     .to = row.number<UserId>(2),
                     .name = row.text(3),
                     .size = row.number<uint32_t>(4),
                     .complete = row.integer(5) != 0,
                     .created_at = row.integer(6),
                     .expires_at = row.integer(7)};
}

uint64_t read_bytes(const Query& row) {
  return row.number<uint64_t>(0);
}

StoreResult<bool> fits(SqliteCore& core, const OfflineFile& file, const FileQuota& quota) {
  auto of_sender = core.first(Sql::kBytesOfSender, read_bytes, file.from);
  if (!of_sender.ok()) return of_sender.error();
  auto of_all = core.first(Sql::kBytesOfAll, read_bytes);
  if (!of_all.ok()) return of_all.error();
  const uint64_t counts_for = std::max(file.size, kLeastFileCharge);
  return of_sender.value().value_or(0) + counts_for <= quota.per_sender &&
         of_all.value().value_or(0) + counts_for <= quota.total;
}

}  // namespace

StoreResult<Done> SqliteDatabase::add_file(const OfflineFile& file, const FileQuota& quota) {
  auto users = all_enabled(core_, std::array{file.from, file.to});
  if (!users.ok()) return users.error();
  auto room = fits(core_, file, quota);
  if (!room.ok()) return room.error();
  if (!room.value()) return StoreError::kLimitReached;
  return core_.change_one(StoreError::kNameTaken, Sql::kAddFile, file.task_id, file.from, file.to, file.name, file.size,
                          file.complete ? 1 : 0, file.created_at, file.expires_at);
}

StoreResult<std::optional<OfflineFile>> SqliteDatabase::find_file(std::string_view task_id) {
  return core_.first(Sql::kFindFile, read_file, task_id);
}

StoreResult<bool> SqliteDatabase::complete_file(std::string_view task_id, int64_t expires_at) {
  return core_.change_any(Sql::kCompleteFile, task_id, expires_at);
}

StoreResult<bool> SqliteDatabase::delete_file(std::string_view task_id) {
  return core_.change_any(Sql::kDeleteFile, task_id);
}

StoreResult<std::vector<OfflineFile>> SqliteDatabase::files_for(UserId to, int64_t now, size_t limit) {
  return core_.rows(Sql::kFilesFor, read_file, to, now, row_limit(limit));
}

StoreResult<std::vector<OfflineFile>> SqliteDatabase::expired_files(int64_t now, size_t limit) {
  return core_.rows(Sql::kExpiredFiles, read_file, now, row_limit(limit));
}

}  // namespace talkbeat
