#pragma once

#include <unistd.h>

#include <utility>

namespace talkbeat {

/// Owns a file descriptor of the file system. Any one thread at a time.
///
///   FileHandle file(::open(path, O_RDONLY | O_CLOEXEC));
///   if (!file.valid()) … errno says why
class FileHandle {
 public:
  FileHandle() = default;
  explicit FileHandle(int fd) : fd_(fd) {}
  FileHandle(FileHandle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileHandle& operator=(FileHandle&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileHandle() {
    if (fd_ >= 0) ::close(fd_);
  }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

}  // namespace talkbeat
