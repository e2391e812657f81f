#pragma once

#include <string>

#include "base/status.h"

namespace talkbeat {

struct ImportOptions {
  std::string dump;  ///< a mysqldump of a TeamTalk database; "-": stdin
  std::string dir;   ///< the cluster's directory
  bool dry_run = false;
  bool json = false;
};

/// Makes the store in `dir` from a TeamTalk database, and prints what became of its rows. The store must have no users,
/// groups or departments, and no server may use it. The new store is built beside it (talkbeat.db.import) and takes its
/// place at the very end, in one step: whatever happens before, the old one is as it was, and a half-finished one is
/// never served.
Status import_teamtalk(const ImportOptions& options);

}  // namespace talkbeat
