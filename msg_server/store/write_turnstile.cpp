#include "msg_server/store/write_turnstile.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace talkbeat {
namespace {

// The bytes of the file that stand for the two locks.
constexpr off_t kNext = 0;
constexpr off_t kWriting = 1;

// Locks of the open file, not of the process: two threads with a turnstile each exclude one another as well, and
// closing some other descriptor of the same file gives nothing back by accident.
int set_lock(int fd, short type, off_t byte) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = byte;
  lock.l_len = 1;
  int result = 0;
  do {
    result = ::fcntl(fd, F_OFD_SETLKW, &lock);
  } while (result != 0 && errno == EINTR);
  return result;
}

Error system_error(const std::string& what) {
  return Error{what + ": " + std::strerror(errno)};
}

}  // namespace

Result<WriteTurnstile> WriteTurnstile::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return system_error("cannot open " + path);
  return WriteTurnstile(fd);
}

WriteTurnstile::WriteTurnstile(WriteTurnstile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), inside_(std::exchange(other.inside_, false)) {}

WriteTurnstile& WriteTurnstile::operator=(WriteTurnstile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(inside_, other.inside_);
  return *this;
}

WriteTurnstile::~WriteTurnstile() {
  if (fd_ >= 0) ::close(fd_);
}

Status WriteTurnstile::enter() {
  if (set_lock(fd_, F_WRLCK, kNext) != 0) return system_error("cannot wait for the turn to write");
  const int result = set_lock(fd_, F_WRLCK, kWriting);
  const int reason = errno;
  set_lock(fd_, F_UNLCK, kNext);
  errno = reason;
  if (result != 0) return system_error("cannot wait for the other writer");
  inside_ = true;
  return {};
}

void WriteTurnstile::leave() {
  if (inside_) set_lock(fd_, F_UNLCK, kWriting);
  inside_ = false;
}

}  // namespace talkbeat
