#pragma once

#include <optional>
#include <string>
#include <vector>

#include "msg_server/files/file_disk.h"
#include "msg_server/service_settings.h"
#include "msg_server/store/store.h"

namespace talkbeat {

class EventLoop;

/// The offline files: what the store knows of them and their bytes on the disk, kept in step. A file's row is there
/// before its first byte, and goes before the bytes do; so bytes without a row are nobody's, and FileSweep deletes
/// them. The loop's thread only: the store and the disk answer later, to callbacks that hold ids.
///
///   shelf.find(task_id, [conn](StoreResult<std::optional<OfflineFile>> file) { … });
///   if (!shelf.submit([disk = shelf.disk(), task_id] { disk.remove(task_id); return Task(); })) … busy …
class FileShelf {
 public:
  /// All of them outlive it. `workers`: where the disk is used.
  FileShelf(EventLoop& loop, Store& store, Executor& workers, const FileSettings& settings)
      : loop_(loop), store_(store), workers_(workers), settings_(settings) {}

  /// Whether there are offline files on this server.
  bool open() const { return !settings_.path.empty(); }
  FileDisk disk() const { return FileDisk(settings_.path); }
  /// Runs a job that uses the disk. False: too much waits already.
  [[nodiscard]] bool submit(Executor::Job job) { return workers_.try_submit(std::move(job)); }

  /// Within the quotas, with the times set here: it has files.keep_incomplete to become complete. Refuses kUnknownUser,
  /// kLimitReached.
  void add(OfflineFile file, Store::Callback<Done> done);
  /// Nothing where it is unknown or has expired.
  void find(const std::string& task_id, Store::Callback<std::optional<OfflineFile>> done);
  /// Complete ones for this receiver, oldest first.
  void waiting_for(UserId receiver, size_t limit, Store::Callback<std::vector<OfflineFile>> done);

  enum class Completed : uint8_t { kNow, kBefore, kGone };
  /// All its bytes are on the disk: files.keep begins.
  void complete(const std::string& task_id, Store::Callback<Completed> done);

  /// Row and bytes, where `by` is its sender or its receiver. False: no such file of that user's.
  void remove(const std::string& task_id, UserId by, Store::Callback<bool> done);
  /// The bytes, whose row has gone.
  void remove_bytes(const std::string& task_id);

 private:
  EventLoop& loop_;
  Store& store_;
  Executor& workers_;
  const FileSettings& settings_;
};

}  // namespace talkbeat
