#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "msg_server/store/sqlite_database.h"

struct sqlite3;
struct sqlite3_stmt;

namespace talkbeat::fuzz {

/// A store in memory that can be put back to how it was, in a hundredth of the time that a new one takes: SQLite
/// compiles some 150 statements for each that is opened. Made once a process; its rows are copied back behind the back
/// of SqliteDatabase, table by table, on its own connection.
///
///   static MemoryStore store([](Database& database) { … fill it … });
///   store.restore();
///   store.database().begin_batch();
class MemoryStore {
 public:
  /// `fill` runs in a batch.
  explicit MemoryStore(const std::function<void(Database&)>& fill);
  ~MemoryStore();
  MemoryStore(const MemoryStore&) = delete;
  MemoryStore& operator=(const MemoryStore&) = delete;

  SqliteDatabase& database() { return *database_; }
  void restore();

 private:
  void execute(const std::string& sql);
  void keep_copies();

  sqlite3* handle_ = nullptr;  // the database's
  std::unique_ptr<SqliteDatabase> database_;
  std::vector<sqlite3_stmt*> restoring_;  // run one after the other
};

}  // namespace talkbeat::fuzz
