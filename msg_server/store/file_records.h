#pragma once

#include <cstdint>
#include <string>

#include "msg_server/store/account_records.h"

namespace talkbeat {

/// A file that waits for its receiver on the server's disk, or is on its way there. Its bytes are not in the store.
struct OfflineFile {
  std::string task_id;
  UserId from = 0;
  UserId to = 0;
  std::string name;  ///< any bytes; never a path
  uint32_t size = 0;
  bool complete = false;
  int64_t created_at = 0;  ///< Unix seconds
  int64_t expires_at = 0;
};

/// A file counts for no less than this: else there would be no end to the number of empty ones.
inline constexpr uint32_t kLeastFileCharge = 64 << 10;

/// What offline files may take together, by their full sizes. 0: nothing.
struct FileQuota {
  uint64_t per_sender = 0;
  uint64_t total = 0;
};

}  // namespace talkbeat
