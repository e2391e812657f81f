#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace talkbeat {

/// Owns a descriptor of a file or directory, and the calls on it that have to be made in loops. All of them block: on
/// the loop's thread only where that may wait for the disk. Any one thread at a time.
///
///   FileHandle file(::open(path, O_RDWR | O_CLOEXEC));
///   if (!file.valid()) … errno says why
///   if (const int error = write_fully(file.get(), bytes, 0); error != 0) …
class FileHandle {
 public:
  FileHandle() = default;
  explicit FileHandle(int fd) : fd_(fd) {}
  FileHandle(FileHandle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileHandle& operator=(FileHandle&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileHandle();

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  /// From here on the caller's.
  int release() { return std::exchange(fd_, -1); }
  /// Closes now: 0, or the errno of a late write (network file systems have such).
  int close();

 private:
  int fd_ = -1;
};

/// Writes all of it from `offset` on. 0, or the errno; then part of it may be there. `written`, where it is given, says
/// how much.
int write_fully(int fd, std::string_view bytes, off_t offset, size_t* written = nullptr);

/// Reads up to `count` bytes from `offset` on: fewer only where the file ends. 0, or the errno.
int read_fully(int fd, size_t count, off_t offset, std::string& bytes);

/// What the directory's names are is on the disk. 0, or the errno.
int sync_directory(const std::string& path);

/// Whether this errno says that there is no room: the disk is full, or a quota or limit is reached.
bool says_no_room(int error);

}  // namespace talkbeat
