#include "tests/fuzz/memory_store.h"

#include <sqlite3.h>

#include <cstdio>

#include "base/check.h"

namespace talkbeat::fuzz {

namespace {

sqlite3* opened = nullptr;

// SQLite calls it for each connection that is opened.
int note_opened(sqlite3* handle, char** /*error*/, const void* /*api*/) {
  opened = handle;
  return SQLITE_OK;
}

std::unique_ptr<SqliteDatabase> open_noted(sqlite3*& handle) {
  const auto entry = reinterpret_cast<void (*)()>(note_opened);
  CHECK(sqlite3_auto_extension(entry) == SQLITE_OK);
  auto database = SqliteDatabase::open({.path = ":memory:"});
  CHECK(database.ok() && opened != nullptr);
  sqlite3_cancel_auto_extension(entry);
  handle = opened;
  return std::move(database.value());
}

// What triggers write comes last: it is put back over what they have done.
constexpr const char* kTables =
    "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_stat%' "
    "ORDER BY name = 'offline_bytes', name";

}  // namespace

MemoryStore::MemoryStore(const std::function<void(Database&)>& fill) : database_(open_noted(handle_)) {
  CHECK(database_->begin_batch().ok());
  fill(*database_);
  CHECK(database_->commit_batch().ok());
  keep_copies();
}

MemoryStore::~MemoryStore() {
  for (sqlite3_stmt* statement : restoring_) sqlite3_finalize(statement);
}

void MemoryStore::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) std::fprintf(stderr, "%s: %s\n", sql.c_str(), sqlite3_errmsg(handle_));
  CHECK(code == SQLITE_OK);
}

void MemoryStore::keep_copies() {
  std::vector<std::string> names;
  const auto note = [](void* list, int, char** values, char**) {
    static_cast<std::vector<std::string>*>(list)->emplace_back(values[0]);
    return 0;
  };
  CHECK(sqlite3_exec(handle_, kTables, note, &names, nullptr) == SQLITE_OK);
  std::vector<std::string> steps{"BEGIN"};
  for (const std::string& name : names) {
    execute("CREATE TEMP TABLE kept_" + name + " AS SELECT * FROM main." + name);
    steps.push_back("DELETE FROM main." + name);
    steps.push_back("INSERT INTO main." + name + " SELECT * FROM temp.kept_" + name);
  }
  steps.emplace_back("COMMIT");
  for (const std::string& step : steps) {
    sqlite3_stmt*& statement = restoring_.emplace_back();
    CHECK(sqlite3_prepare_v2(handle_, step.c_str(), -1, &statement, nullptr) == SQLITE_OK);
  }
}

void MemoryStore::restore() {
  CHECK(database_->begin_batch().ok());
  database_->rollback_batch();  // which forgets what is kept in memory of rows
  for (sqlite3_stmt* statement : restoring_) {
    CHECK(sqlite3_step(statement) == SQLITE_DONE);
    sqlite3_reset(statement);
  }
}

}  // namespace talkbeat::fuzz
