#pragma once

#include <string>

#include "base/status.h"
#include "msg_server/store/account_database.h"
#include "msg_server/store/device_database.h"
#include "msg_server/store/file_database.h"
#include "msg_server/store/group_database.h"
#include "msg_server/store/import_database.h"
#include "msg_server/store/message_database.h"
#include "msg_server/store/records.h"
#include "msg_server/store/store_result.h"

namespace talkbeat {

/// The seam to what lasts: one connection to one database, blocking, used by one thread at a time. Store puts it behind
/// queues and workers; talkctl uses it directly. Every implementation passes the suite in tests/contract. What it can
/// do is declared by topic in the headers above.
///
/// Writes happen inside a batch: between begin_batch() and commit_batch() they see each other, and none of them counts
/// until the commit has returned ok (then all of them survive kill -9 and power loss). A write that is refused (a
/// StoreError other than kUnavailable) leaves the batch usable and the rest of it unharmed; after kUnavailable the
/// batch is lost: roll it back and report kUnavailable for all of it.
///
///   Status begun = database.begin_batch();
///   auto id = database.add_user({.name = "alice", .password_hash = hash}, now);
///   Status committed = database.commit_batch();
class Database : public AccountDatabase,
                 public GroupDatabase,
                 public MessageDatabase,
                 public DeviceDatabase,
                 public FileDatabase,
                 public ImportDatabase {
 public:
  virtual Status begin_batch() = 0;
  virtual Status commit_batch() = 0;
  virtual void rollback_batch() = 0;

  /// What the database itself said about the last failure, for the log; empty where there was none.
  virtual std::string last_error() const { return {}; }

  /// Some databases need now and then what would stall a commit (SQLite: copying its log into the file). upkeep_due()
  /// is asked after a commit, by the thread that committed; upkeep() then runs on another connection to the same
  /// database, outside a batch, while commits go on.
  virtual bool upkeep_due() const { return false; }
  virtual Status upkeep() { return {}; }
};

}  // namespace talkbeat
