#include "msg_server/store/sqlite_statement.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

namespace talkbeat {
namespace {

// The file holds password hashes and messages. SQLite would create it with the umask's mode; its -wal and -shm files
// take the mode of the file they find. O_EXCL: a file that is there already must not be opened past SQLite, since
// closing it would drop the POSIX locks of this process's other connections, and the next process to leave would then
// take itself for the last one and delete the -wal file under them (sqlite.org/howtocorrupt.html, 2.2).
void create_private_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0) ::close(fd);  // where it failed, sqlite3_open_v2 says why
}

}  // namespace

void SqliteConnection::Closer::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}

void Statement::Finalizer::operator()(sqlite3_stmt* handle) const {
  sqlite3_finalize(handle);
}

Result<SqliteConnection> SqliteConnection::open(const std::string& path, bool create) {
  if (create && path != ":memory:") create_private_file(path);
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  SqliteConnection connection(handle);
  if (code == SQLITE_OK) return connection;
  return Error{"cannot open the database " + path + ": " + connection.error_text()};
}

Status SqliteConnection::execute(const std::string& sql) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return Error{error_text()};
}

Result<std::string> SqliteConnection::first_value(const std::string& sql) {
  auto statement = Statement::prepare(*this, sql);
  if (!statement.ok()) return Error{statement.message()};
  Query query(statement.value());
  std::string value = query.next() ? query.text(0) : std::string();
  if (query.failed()) return Error{error_text()};
  return value;
}

std::string SqliteConnection::error_text() const {
  if (!handle_) return "out of memory";
  std::string text = sqlite3_errmsg(handle_.get());
  const int system = sqlite3_system_errno(handle_.get());
  const int code = sqlite3_errcode(handle_.get()) & 0xff;  // without the extended part
  if ((code == SQLITE_CANTOPEN || code == SQLITE_IOERR) && system != 0)
    text += " (errno " + std::to_string(system) + ")";
  return text;
}

Result<Statement> Statement::prepare(SqliteConnection& connection, std::string_view sql) {
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(connection.handle(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return Error{connection.error_text()};
  return Statement(handle);
}

Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);  // no pointer to the caller's strings stays behind
}

bool Query::next() {
  if (failed_) return false;
  const int code = sqlite3_step(statement_);
  failed_ = code != SQLITE_ROW && code != SQLITE_DONE;
  return code == SQLITE_ROW;
}

bool Query::run() {
  while (next()) {
  }
  return !failed_;
}

int64_t Query::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

bool Query::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::string Query::text(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_, column));
  return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

void Query::bind(int index, int64_t value) {
  note(sqlite3_bind_int64(statement_, index, value));
}

void Query::bind_null(int index) {
  note(sqlite3_bind_null(statement_, index));
}

// A null pointer would be bound as NULL, which an empty string is not.
void Query::bind(int index, std::string_view value) {
  const char* data = value.empty() ? "" : value.data();
  note(sqlite3_bind_text64(statement_, index, data, value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Query::bind(int index, Blob value) {
  const char* data = value.bytes.empty() ? "" : value.bytes.data();
  note(sqlite3_bind_blob64(statement_, index, data, value.bytes.size(), SQLITE_STATIC));
}

}  // namespace talkbeat
