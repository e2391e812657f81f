#include "msg_server/files/file_disk.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>

#include "base/check.h"
#include "base/file_handle.h"

namespace talkbeat {

namespace {

namespace fs = std::filesystem;

constexpr size_t kTaskIdLength = 32;
constexpr std::string_view kPartSuffix = ".part";

DiskFault fault_of(int error) {
  if (error == 0) return DiskFault::kNone;
  if (says_no_room(error)) return DiskFault::kNoRoom;
  return error == ENOENT ? DiskFault::kGone : DiskFault::kBroken;
}

std::optional<uint64_t> size_of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return std::nullopt;
  return static_cast<uint64_t>(found.st_size);
}

}  // namespace

bool is_task_id(std::string_view text) {
  return text.size() == kTaskIdLength &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

const char* to_string(DiskFault fault) {
  switch (fault) {
    case DiskFault::kNone:
      return "no fault";
    case DiskFault::kNoRoom:
      return "no room on the server's disk: try again later";
    case DiskFault::kNoDirectory:
      return "the server cannot make a directory for the file";
    case DiskFault::kGone:
      return "the file is there no more";
    case DiskFault::kInUse:
      return "the file is being uploaded over another connection";
    case DiskFault::kBroken:
      return "the server cannot use its disk: try again later";
  }
  CHECK(false);
}

Status FileDisk::prepare() const {
  std::error_code error;
  fs::create_directories(directory_, error);
  if (error) return Error{"files.path " + directory_ + ": " + error.message()};
  if (::access(directory_.c_str(), R_OK | W_OK | X_OK) != 0) {
    return Error{"files.path " + directory_ + ": " + std::system_category().message(errno)};
  }
  return {};
}

FileDisk::Upload FileDisk::open_upload(std::string_view task_id, uint32_t size, uint64_t min_free) const {
  if (::mkdir(folder_of(task_id).c_str(), 0700) != 0 && errno != EEXIST) return {.fault = DiskFault::kNoDirectory};
  const std::string part = part_of(task_id);
  FileHandle file(::open(part.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.valid()) return {.fault = fault_of(errno)};
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return {.fault = DiskFault::kInUse};
  // Only now: whoever held the lock may just have given the file its own name.
  if (size_of(path_of(task_id)) == size) {
    ::unlink(part.c_str());
    return {.offset = size};
  }
  struct stat found {};
  if (::fstat(file.get(), &found) != 0) return {.fault = fault_of(errno)};
  auto there = static_cast<uint64_t>(found.st_size);
  if (there > size) {
    if (::ftruncate(file.get(), 0) != 0) return {.fault = fault_of(errno)};
    there = 0;
  }
  if (!has_room(size - there, min_free)) return {.fault = DiskFault::kNoRoom};
  return {.fd = file.release(), .offset = static_cast<uint32_t>(there)};
}

DiskFault FileDisk::write(int fd, uint32_t offset, const std::vector<std::string>& pieces) {
  auto at = static_cast<off_t>(offset);
  for (const std::string& piece : pieces) {
    if (const int error = write_fully(fd, piece, at); error != 0) return fault_of(error);
    at += static_cast<off_t>(piece.size());
  }
  return DiskFault::kNone;
}

DiskFault FileDisk::finish_upload(int fd, std::string_view task_id) const {
  if (::fsync(fd) != 0) {
    const int error = errno;
    (void)!::ftruncate(fd, 0);  // nobody knows which bytes are lost: another try has to bring all of them
    return fault_of(error);
  }
  if (::rename(part_of(task_id).c_str(), path_of(task_id).c_str()) != 0) return fault_of(errno);
  if (const int error = sync_directory(folder_of(task_id)); error != 0) return fault_of(error);
  return fault_of(sync_directory(directory_));
}

void FileDisk::close(int fd) {
  ::close(fd);
}

FileDisk::Piece FileDisk::read(std::string_view task_id, uint32_t offset, uint32_t count) const {
  const FileHandle file(::open(path_of(task_id).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file.valid()) return {.fault = fault_of(errno), .bytes = {}};
  Piece piece;
  const int error = read_fully(file.get(), count, off_t{offset}, piece.bytes);
  if (error != 0 || piece.bytes.size() != count) return {.fault = DiskFault::kBroken, .bytes = {}};
  return piece;
}

void FileDisk::remove(std::string_view task_id) const {
  ::unlink(part_of(task_id).c_str());
  ::unlink(path_of(task_id).c_str());
}

std::vector<std::string> FileDisk::task_ids(char first_digit) const {
  std::set<std::string> ids;
  for (const char second_digit : std::string_view("0123456789abcdef")) {
    std::error_code error;
    const fs::path folder = fs::path(directory_) / std::string{first_digit, second_digit};
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
      std::string name = entry->path().filename();
      if (name.ends_with(kPartSuffix)) name.resize(name.size() - kPartSuffix.size());
      if (is_task_id(name) && name[0] == first_digit && name[1] == second_digit) ids.insert(name);
    }
  }
  return {ids.begin(), ids.end()};
}

uint64_t FileDisk::free_bytes() const {
  struct statvfs found {};
  if (::statvfs(directory_.c_str(), &found) != 0) return 0;
  return static_cast<uint64_t>(found.f_bavail) * found.f_frsize;
}

std::string FileDisk::folder_of(std::string_view task_id) const {
  CHECK(is_task_id(task_id));
  return directory_ + "/" + std::string(task_id.substr(0, 2));
}

std::string FileDisk::path_of(std::string_view task_id) const {
  return folder_of(task_id) + "/" + std::string(task_id);
}

std::string FileDisk::part_of(std::string_view task_id) const {
  return path_of(task_id) + std::string(kPartSuffix);
}

}  // namespace talkbeat
