#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <span>
#include <vector>

#include "base/check.h"
#include "tests/bench/floors/raw_frame.h"

namespace talkbeat::bench {

/// One TCP connection of the floor's, at either end: what came and is no whole frame yet, and what is to be sent.
class RawLink {
 public:
  explicit RawLink(int fd) : fd_(fd) {}

  int fd() const { return fd_; }
  void append(std::span<const std::byte> frame) { out_.insert(out_.end(), frame.begin(), frame.end()); }
  bool noted() const { return noted_; }
  void note() { noted_ = true; }

  /// One read; false: the other end has gone. Calls `visit(header, frame)` for what is complete.
  template <class Visit>
  bool read(std::span<std::byte> buffer, Visit visit);

  /// One send. False: not all has gone.
  bool flush() {
    noted_ = false;
    const ssize_t sent = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent == static_cast<ssize_t>(out_.size())) {
      out_.clear();
    } else if (sent > 0) {
      out_.erase(out_.begin(), out_.begin() + sent);
    }
    return out_.empty();
  }

 private:
  int fd_;
  bool noted_ = false;
  std::vector<std::byte> in_;
  std::vector<std::byte> out_;
};

template <class Visit>
bool RawLink::read(std::span<std::byte> buffer, Visit visit) {
  std::ranges::copy(in_, buffer.begin());
  const ssize_t got = ::recv(fd_, buffer.data() + in_.size(), buffer.size() - in_.size(), MSG_DONTWAIT);
  if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR);
  const auto bytes = buffer.first(in_.size() + static_cast<size_t>(got));
  const size_t used = for_each_frame(bytes, visit);
  in_.assign(bytes.begin() + static_cast<std::ptrdiff_t>(used), bytes.end());
  return true;
}

}  // namespace talkbeat::bench
