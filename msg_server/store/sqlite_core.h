#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/status.h"
#include "msg_server/store/pair_cache.h"
#include "msg_server/store/sqlite_options.h"
#include "msg_server/store/sqlite_queries.h"
#include "msg_server/store/sqlite_statement.h"
#include "msg_server/store/store_result.h"
#include "msg_server/store/write_turnstile.h"

namespace talkbeat {

/// What all parts of SqliteDatabase work with: the connection, its prepared statements, the batch and the upkeep.
/// Belongs to its SqliteDatabase, used by the same thread; stays where it was made.
///
/// A batch changes conversations of two in memory (pairs()). They are written at its end, or before the first statement
/// that might see them.
///
///   auto found = core.first(Sql::kFindAccount, read_account, name);       // StoreResult<std::optional<Account>>
///   auto list = core.rows(Sql::kGroupsOf, read_group, user);              // StoreResult<std::vector<Group>>
///   return core.change_one(StoreError::kUnknownUser, Sql::kRevokeTokens, user);
class SqliteCore {
 public:
  SqliteCore(const SqliteOptions& options, SqliteConnection connection, std::optional<WriteTurnstile> turnstile);
  ~SqliteCore();
  SqliteCore(const SqliteCore&) = delete;
  SqliteCore& operator=(const SqliteCore&) = delete;

  /// Brings the file up to this program's schema and prepares all statements. Before anything else.
  Status configure();

  Status begin_batch();
  Status commit_batch();
  void rollback_batch();
  bool upkeep_due() const { return log_pages_ >= options_.upkeep_pages; }
  Status upkeep();
  const std::string& last_error() const { return last_error_; }

  /// False: the batch is broken, nothing more may be written. Outside a batch it is our own bug.
  bool may_write() const;
  bool in_batch() const { return batch_ != Batch::kNone; }
  /// Notes what SQLite says and breaks the batch, if one is open.
  StoreError unavailable();
  /// Of the row that was inserted last.
  int64_t last_id() const;

  /// The conversations of two that are known, as this batch has left them. In a batch only.
  PairCache& pairs();
  PairCache::Entry& remember_pair(const PairRow& row, bool enabled);
  /// Something has changed their rows, or who is disabled, past the cache.
  void forget_pairs();

  template <class... Args>
  Query query(Sql id, const Args&... args) {
    if (!pairs_.changed().empty() && meets_pairs(id)) write_pairs();
    return Query(statements_[static_cast<size_t>(id)], args...);
  }
  /// How many rows the write has changed.
  template <class... Args>
  StoreResult<int> change(Sql id, const Args&... args) {
    if (!may_write()) return StoreError::kUnavailable;
    if (Query write = query(id, args...); !write.run()) return unavailable();
    return changed_rows();
  }
  /// `missing` where the write has changed nothing.
  template <class... Args>
  StoreResult<Done> change_one(StoreError missing, Sql id, const Args&... args) {
    auto changed = change(id, args...);
    if (!changed.ok()) return changed.error();
    if (changed.value() == 0) return missing;
    return Done{};
  }
  /// True: the write has changed something.
  template <class... Args>
  StoreResult<bool> change_any(Sql id, const Args&... args) {
    auto changed = change(id, args...);
    if (!changed.ok()) return changed.error();
    return changed.value() > 0;
  }
  /// What `read` makes of the first row.
  template <class Read, class... Args>
  auto first(Sql id, Read read, const Args&... args)
      -> StoreResult<std::optional<std::invoke_result_t<Read, const Query&>>> {
    std::optional<std::invoke_result_t<Read, const Query&>> found;
    Query rows = query(id, args...);
    if (rows.next()) found = read(rows);
    if (rows.failed()) return unavailable();
    return found;
  }
  /// What `read` makes of each row.
  template <class Read, class... Args>
  auto rows(Sql id, Read read, const Args&... args)
      -> StoreResult<std::vector<std::invoke_result_t<Read, const Query&>>> {
    std::vector<std::invoke_result_t<Read, const Query&>> found;
    Query rows = query(id, args...);
    while (rows.next()) found.push_back(read(rows));
    if (rows.failed()) return unavailable();
    return found;
  }
  /// What `read` makes of the row of each key that has one.
  template <class Read, class Key>
  auto first_of_each(Sql id, Read read, std::span<const Key> keys)
      -> StoreResult<std::vector<std::invoke_result_t<Read, const Query&>>> {
    std::vector<std::invoke_result_t<Read, const Query&>> found;
    for (const Key& key : keys) {
      auto one = first(id, read, key);
      if (!one.ok()) return one.error();
      if (one.value()) found.push_back(std::move(*one.value()));
    }
    return found;
  }
  template <class... Args>
  StoreResult<bool> exists(Sql id, const Args&... args) {
    Query rows = query(id, args...);
    const bool found = rows.next();
    if (rows.failed()) return unavailable();
    return found;
  }

 private:
  enum class Batch : uint8_t { kNone, kOpen, kBroken };

  Status prepare_all();
  Status run(std::optional<Statement>& statement);
  void write_pairs();
  /// False: some other connection has committed since the last call.
  bool file_unchanged();
  Status enter_turnstile();
  void leave_turnstile();
  Status checkpoint(int mode, int& log_pages, int& copied_pages);
  Status finish_checkpoint();
  int changed_rows() const;

  SqliteOptions options_;
  SqliteConnection connection_;
  std::optional<WriteTurnstile> turnstile_;
  std::vector<Statement> statements_;  // after connection_: finalized first
  std::optional<Statement> begin_;
  std::optional<Statement> commit_;
  std::optional<Statement> data_version_;
  Batch batch_ = Batch::kNone;
  PairCache pairs_;
  bool pairs_checked_ = false;  // in this batch
  int64_t pairs_version_ = 0;   // of the file, when they were read
  int log_pages_ = 0;           // in the write-ahead log after our last commit
  std::string last_error_;
};

/// SQLite takes a negative limit for "all".
inline int64_t row_limit(size_t limit) {
  return static_cast<int64_t>(std::min<size_t>(limit, INT64_MAX));
}

}  // namespace talkbeat
