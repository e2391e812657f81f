#pragma once

#include <memory>
#include <vector>

#include "msg_server/store/sqlite_database.h"
#include "tests/sim/sim_executor.h"

struct sqlite3;

namespace talkbeat::sim {

/// The users, and who is in which group: the same ones in every run.
struct Population {
  std::vector<UserId> users;
  std::vector<GroupId> groups;
  std::vector<std::vector<UserId>> members;  ///< of each group

  static std::string name_of(size_t user) { return "user" + std::to_string(user); }
  static constexpr const char* kPassword = "secret";
};

/// The database that all msg_servers of a simulation share, in memory, and what can befall a disk: stalls, and commits
/// that fail.
///
///   SimStore store(30);
///   store.fail_commits(true);  // every batch is unavailable until this is taken back
class SimStore {
 public:
  explicit SimStore(size_t users);
  ~SimStore();

  Database& database() { return *database_; }
  const Population& population() const { return population_; }
  WorkPace& writing() { return writing_; }
  WorkPace& reading() { return reading_; }
  void fail_commits(bool fail) { failing_ = fail; }
  uint64_t failed_commits() const { return failed_commits_; }

 private:
  static int on_commit(void* self);
  void add_users(size_t count);
  void add_groups();

  std::unique_ptr<SqliteDatabase> database_;
  Population population_;
  WorkPace writing_;
  WorkPace reading_;
  bool failing_ = false;
  uint64_t failed_commits_ = 0;
};

}  // namespace talkbeat::sim
