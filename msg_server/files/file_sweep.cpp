#include "msg_server/files/file_sweep.h"

#include <algorithm>

#include "base/event_loop.h"
#include "base/log.h"

namespace talkbeat {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

// Those that have no row. A file's row is always there before the file.
StoreResult<std::vector<std::string>> unknown_among(Database& db, const std::vector<std::string>& task_ids) {
  std::vector<std::string> unknown;
  for (const std::string& task_id : task_ids) {
    const auto file = db.find_file(task_id);
    if (!file.ok()) return file.error();
    if (!file.value()) unknown.push_back(task_id);
  }
  return unknown;
}

}  // namespace

FileSweep::FileSweep(EventLoop& loop, Store& store, FileShelf& shelf, const FileSettings& settings,
                     TransferFigures& figures)
    : loop_(loop), store_(store), shelf_(shelf), settings_(settings), figures_(figures), timer_(loop.timers(), [this] {
        sweep();
      }) {}

void FileSweep::sweep() {
  delete_expired();
  look_for_orphans();
}

void FileSweep::delete_expired() {
  store_.read<std::vector<OfflineFile>>(
      [now = loop_.unix_seconds()](Database& db) { return db.expired_files(now, kPortion); },
      [this](const StoreResult<std::vector<OfflineFile>>& expired) {
        if (!expired.ok()) return;
        for (const OfflineFile& file : expired.value()) delete_row(file);
      });
}

void FileSweep::delete_row(const OfflineFile& file) {
  store_.write<bool>([task_id = file.task_id](Database& db) { return db.delete_file(task_id); },
                     [this, task_id = file.task_id](const StoreResult<bool>& deleted) {
                       if (!deleted.ok() || !deleted.value()) return;
                       figures_.expired.add();
                       shelf_.remove_bytes(task_id);
                     });
}

void FileSweep::look_for_orphans() {
  const char digit = kHexDigits[next_folder_];
  next_folder_ = (next_folder_ + 1) % kHexDigits.size();
  (void)shelf_.submit([this, digit, disk = shelf_.disk()] {  // where the workers are busy: the next round
    return [this, free = disk.free_bytes(), task_ids = disk.task_ids(digit)] {
      figures_.disk_free.set(static_cast<double>(free));
      check_known(task_ids);
    };
  });
}

void FileSweep::check_known(std::vector<std::string> task_ids) {
  if (task_ids.empty()) return;
  store_.read<std::vector<std::string>>(
      [task_ids = std::move(task_ids)](Database& db) { return unknown_among(db, task_ids); },
      [this](const StoreResult<std::vector<std::string>>& unknown) {
        if (!unknown.ok()) return;
        for (const std::string& task_id : unknown.value()) {
          log_info("orphan_file_deleted", {{"task", task_id}});
          figures_.orphans.add();
          shelf_.remove_bytes(task_id);
        }
      });
}

}  // namespace talkbeat
