#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "msg_server/store/file_records.h"
#include "msg_server/store/store_result.h"

namespace talkbeat {

/// What is known of the offline files, whose bytes lie on a disk: a part of Database (see there). All writes: inside a
/// batch.
class FileDatabase {
 public:
  virtual ~FileDatabase() = default;

  /// Refuses kUnknownUser (one of the two), kNameTaken (the task id is in use), kLimitReached.
  virtual StoreResult<Done> add_file(const OfflineFile& file, const FileQuota& quota) = 0;
  virtual StoreResult<std::optional<OfflineFile>> find_file(std::string_view task_id) = 0;
  /// All its bytes are there, and it expires at `expires_at` from now on. False, with nothing changed: no such file, or
  /// it was complete already.
  virtual StoreResult<bool> complete_file(std::string_view task_id, int64_t expires_at) = 0;
  /// False: there was none.
  virtual StoreResult<bool> delete_file(std::string_view task_id) = 0;
  /// Complete ones for this receiver that have not expired, oldest first, at most `limit`.
  virtual StoreResult<std::vector<OfflineFile>> files_for(UserId to, int64_t now, size_t limit) = 0;
  /// With expires_at <= now, complete or not, those that expired first first, at most `limit`.
  virtual StoreResult<std::vector<OfflineFile>> expired_files(int64_t now, size_t limit) = 0;
};

}  // namespace talkbeat
