#include "msg_server/files/file_shelf.h"

#include <algorithm>

#include "base/event_loop.h"

namespace talkbeat {

namespace {

StoreResult<bool> remove_row(Database& db, const std::string& task_id, UserId by) {
  const auto file = db.find_file(task_id);
  if (!file.ok()) return file.error();
  if (!file.value() || (file.value()->from != by && file.value()->to != by)) return false;
  return db.delete_file(task_id);
}

// Another server may have completed it: then both have brought the same bytes to the disk.
StoreResult<FileShelf::Completed> complete_row(Database& db, const std::string& task_id, int64_t expires_at) {
  const auto changed = db.complete_file(task_id, expires_at);
  if (!changed.ok()) return changed.error();
  if (changed.value()) return FileShelf::Completed::kNow;
  const auto file = db.find_file(task_id);
  if (!file.ok()) return file.error();
  return file.value() ? FileShelf::Completed::kBefore : FileShelf::Completed::kGone;
}

}  // namespace

void FileShelf::add(OfflineFile file, Store::Callback<Done> done) {
  file.created_at = loop_.unix_seconds();
  file.expires_at = file.created_at + std::min(settings_.keep_ms, settings_.keep_incomplete_ms) / 1000;
  const FileQuota quota{.per_sender = settings_.quota_per_sender, .total = settings_.quota_total};
  store_.write<Done>([file = std::move(file), quota](Database& db) { return db.add_file(file, quota); },
                     std::move(done));
}

void FileShelf::find(const std::string& task_id, Store::Callback<std::optional<OfflineFile>> done) {
  store_.read<std::optional<OfflineFile>>(
      [task_id, now = loop_.unix_seconds()](Database& db) -> StoreResult<std::optional<OfflineFile>> {
        auto file = db.find_file(task_id);
        if (file.ok() && file.value() && file.value()->expires_at <= now) return std::optional<OfflineFile>();
        return file;
      },
      std::move(done));
}

void FileShelf::waiting_for(UserId receiver, size_t limit, Store::Callback<std::vector<OfflineFile>> done) {
  store_.read<std::vector<OfflineFile>>(
      [receiver, limit, now = loop_.unix_seconds()](Database& db) { return db.files_for(receiver, now, limit); },
      std::move(done));
}

void FileShelf::complete(const std::string& task_id, Store::Callback<Completed> done) {
  const int64_t expires_at = loop_.unix_seconds() + settings_.keep_ms / 1000;
  store_.write<Completed>([task_id, expires_at](Database& db) { return complete_row(db, task_id, expires_at); },
                          std::move(done));
}

void FileShelf::remove(const std::string& task_id, UserId by, Store::Callback<bool> done) {
  store_.write<bool>([task_id, by](Database& db) { return remove_row(db, task_id, by); },
                     [this, task_id, done = std::move(done)](const StoreResult<bool>& removed) {
                       if (removed.ok() && removed.value()) remove_bytes(task_id);
                       done(removed);
                     });
}

// Where the queue is full they stay until FileSweep comes by.
void FileShelf::remove_bytes(const std::string& task_id) {
  if (!is_task_id(task_id)) return;
  (void)submit([disk = disk(), task_id] {
    disk.remove(task_id);
    return Task();
  });
}

}  // namespace talkbeat
