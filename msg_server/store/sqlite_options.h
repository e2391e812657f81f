#pragma once

#include <cstdint>
#include <string>

namespace talkbeat {

struct SqliteOptions {
  std::string path;                    ///< ":memory:": lives and dies with the object (tests)
  bool create = true;                  ///< make the file where there is none
  int busy_timeout_ms = 5'000;         ///< how long to wait for a lock of a process that ignores the turnstile
  int cache_kib = 16 * 1024;           ///< page cache of this connection
  int upkeep_pages = 2'000;            ///< upkeep is due when the log holds so many pages (4 KiB each)
  bool upkeep_in_commit = false;       ///< for tools without a Store: commits do the upkeep themselves, and stall on it
  int64_t log_limit_bytes = 64 << 20;  ///< the -wal file is cut back to this size once it has been copied
};

}  // namespace talkbeat
