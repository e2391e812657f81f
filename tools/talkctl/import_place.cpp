#include "tools/talkctl/import_place.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "msg_server/store/sqlite_database.h"
#include "msg_server/store/sqlite_statement.h"

namespace talkbeat {

namespace {

namespace fs = std::filesystem;

Error system_error(const std::string& what) {
  return Error{what + ": " + std::strerror(errno)};
}

Status check_empty(const std::string& store) {
  if (!fs::exists(store)) return {};
  const auto opened = SqliteDatabase::open({.path = store, .create = false});
  if (!opened.ok()) return Error{opened.message()};
  const StoreResult<bool> empty = opened.value()->empty();
  if (!empty.ok()) return Error{"the store failed: " + opened.value()->last_error()};
  if (empty.value()) return {};
  return Error{"the store " + store + " has users, groups or departments: an import needs an empty one"};
}

// SQLite leaves the write-ahead log only where no other connection is open, and takes the log's files away.
Status check_unused(const std::string& store) {
  if (!fs::exists(store)) return {};
  auto connection = SqliteConnection::open(store, false);
  if (!connection.ok()) return Error{connection.message()};
  const auto mode = connection.value().first_value("PRAGMA journal_mode = DELETE");
  if (mode.ok() && mode.value() == "delete") return {};
  return Error{"the store " + store + " is in use: stop the servers first (tools/stop.sh)"};
}

// SQLite would take what is left of a store whose file somebody has removed for the new one's, and write it over that.
Status remove_stale_logs(const std::string& store) {
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    const std::string path = store + suffix;
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
      return system_error("what an earlier store has left cannot be removed: " + path);
    }
  }
  return {};
}

std::string directory_of(const std::string& path) {
  const fs::path directory = fs::path(path).parent_path();
  return directory.empty() ? "." : directory.string();
}

}  // namespace

Status ImportPlace::lock(bool exclusively) {
  const std::string directory = directory_of(store_);
  const int opened = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return system_error(directory);
  if (::flock(opened, LOCK_EX | LOCK_NB) != 0) {
    ::close(opened);
    return Error{"another import into " + store_ + " is running"};
  }
  directory_ = opened;
  if (!exclusively) return {};
  const std::string file = directory + "/.lock";  // tools/cluster.sh
  cluster_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (cluster_ < 0) return system_error(file);
  if (::flock(cluster_, LOCK_EX | LOCK_NB) == 0) return {};
  return Error{directory + ": a start, stop or restart is at work"};
}

Result<std::unique_ptr<ImportPlace>> ImportPlace::take(const std::string& store, bool exclusively) {
  std::unique_ptr<ImportPlace> place(new ImportPlace(store));
  if (Status status = place->lock(exclusively); !status.ok()) return Error{status.message()};
  place->remove_leftovers();
  if (Status status = check_empty(store); !status.ok()) return Error{status.message()};
  if (!exclusively) return place;
  if (Status status = check_unused(store); !status.ok()) return Error{status.message()};
  return place;
}

ImportPlace::~ImportPlace() {
  if (directory_ < 0) return;
  remove_leftovers();
  if (cluster_ >= 0) ::close(cluster_);
  ::close(directory_);
}

void ImportPlace::remove_leftovers() const {
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm", "-journal", ".turnstile", ".scratch", ".scratch-journal"}) {
    fs::remove(built_ + suffix, ignored);
  }
}

Result<std::unique_ptr<Database>> ImportPlace::open() const {
  auto opened = SqliteDatabase::open({.path = built_, .cache_kib = 128 * 1024, .upkeep_in_commit = true});
  if (!opened.ok()) return Error{opened.message()};
  return std::unique_ptr<Database>(std::move(opened.value()));
}

Status ImportPlace::replace_store() const {
  if (fs::exists(built_ + "-wal")) return Error{"the new store " + built_ + " could not be closed"};
  if (Status status = check_empty(store_); !status.ok()) return status;
  if (Status status = check_unused(store_); !status.ok()) return status;
  if (Status status = remove_stale_logs(store_); !status.ok()) return status;
  if (::fsync(directory_) != 0) return system_error(directory_of(store_));  // not back after a power cut
  if (::rename(built_.c_str(), store_.c_str()) != 0) return system_error(store_);
  return ::fsync(directory_) == 0 ? Status() : system_error(directory_of(store_));
}

}  // namespace talkbeat
