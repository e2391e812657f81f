#include "base/file_handle.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace talkbeat {

FileHandle::~FileHandle() {
  if (fd_ >= 0) ::close(fd_);
}

int FileHandle::close() {
  return ::close(std::exchange(fd_, -1)) == 0 ? 0 : errno;
}

int write_fully(int fd, std::string_view bytes, off_t offset, size_t* written) {
  size_t done = 0;
  int error = 0;
  while (done < bytes.size() && error == 0) {
    const ssize_t put = ::pwrite(fd, bytes.data() + done, bytes.size() - done, offset + static_cast<off_t>(done));
    if (put > 0) done += static_cast<size_t>(put);
    if (put == 0) error = ENOSPC;
    if (put < 0 && errno != EINTR) error = errno;
  }
  if (written != nullptr) *written = done;
  return error;
}

int read_fully(int fd, size_t count, off_t offset, std::string& bytes) {
  bytes.resize(count);
  size_t done = 0;
  while (done < count) {
    const ssize_t got = ::pread(fd, bytes.data() + done, count - done, offset + static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  bytes.resize(done);
  return 0;
}

int sync_directory(const std::string& path) {
  const FileHandle directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory.valid() && ::fsync(directory.get()) == 0 ? 0 : errno;
}

bool says_no_room(int error) {
  return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

}  // namespace talkbeat
