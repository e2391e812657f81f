#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"

struct sqlite3;
struct sqlite3_stmt;

namespace talkbeat {

/// Bytes that are bound as a BLOB (a string_view is bound as TEXT).
struct Blob {
  std::string_view bytes;
};

/// One open SQLite file, closed with the object. Used by one thread at a time.
///
///   auto opened = SqliteConnection::open("talkbeat.db", true);
///   if (!opened.ok()) return Error{opened.message()};
///   Status status = opened.value().execute("PRAGMA synchronous=FULL");
class SqliteConnection {
 public:
  /// `create`: makes the file, readable by its owner only, where there is none.
  static Result<SqliteConnection> open(const std::string& path, bool create);

  /// Runs statements that have no parameters and whose rows nobody wants.
  Status execute(const std::string& sql);
  /// The first column of the first row as text; empty where there is none.
  Result<std::string> first_value(const std::string& sql);

  /// What the last call complained about.
  std::string error_text() const;
  sqlite3* handle() const { return handle_.get(); }

 private:
  struct Closer {
    void operator()(sqlite3* handle) const;
  };
  explicit SqliteConnection(sqlite3* handle) : handle_(handle) {}

  std::unique_ptr<sqlite3, Closer> handle_;
};

/// One SQL statement, prepared once and run often (through Query). Must not outlive its connection.
class Statement {
 public:
  static Result<Statement> prepare(SqliteConnection& connection, std::string_view sql);
  sqlite3_stmt* handle() const { return handle_.get(); }

 private:
  struct Finalizer {
    void operator()(sqlite3_stmt* handle) const;
  };
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}

  std::unique_ptr<sqlite3_stmt, Finalizer> handle_;
};

/// One run of a statement. The statement is free again at the end of the scope, and so must be what was bound: strings
/// are not copied.
///
///   Query query(statement, Blob{body}, user);
///   while (query.next()) names.push_back(query.text(0));
///   if (query.failed()) return StoreError::kUnavailable;
class Query {
 public:
  template <class... Args>
  explicit Query(Statement& statement, const Args&... args) : statement_(statement.handle()) {
    int index = 0;
    (bind(++index, args), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// True: a row is there to be read. False: no more rows, or failed().
  bool next();
  /// Runs a statement that gives no rows. False: failed().
  bool run();
  bool failed() const { return failed_; }

  int64_t integer(int column) const;
  /// For columns that we filled from a value of type T.
  template <class T>
  T number(int column) const {
    return static_cast<T>(integer(column));
  }
  bool is_null(int column) const;
  std::string text(int column) const;

 private:
  void bind(int index, int64_t value);
  void bind(int index, int value) { bind(index, int64_t{value}); }
  void bind(int index, uint32_t value) { bind(index, int64_t{value}); }
  void bind(int index, uint64_t value) { bind(index, static_cast<int64_t>(value)); }
  void bind(int index, std::string_view value);
  void bind(int index, Blob value);
  void bind_null(int index);
  template <class T>
  void bind(int index, const std::optional<T>& value) {
    value ? bind(index, *value) : bind_null(index);
  }
  void note(int code) { failed_ = failed_ || code != 0; }

  sqlite3_stmt* statement_;
  bool failed_ = false;
};

}  // namespace talkbeat
