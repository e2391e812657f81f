#include "tests/scenario/raw_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace talkbeat::scenario {
namespace {

// False: not within the deadline.
bool wait_for(int fd, short events, const Deadline& deadline) {
  pollfd one{fd, events, 0};
  return poll(&one, 1, deadline.left_for_poll()) > 0;
}

}  // namespace

RawSocket::RawSocket(uint16_t port, milliseconds timeout, const std::string& host) {
  const Deadline deadline(timeout);
  const std::string shown = host + ":" + std::to_string(port);
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return;
  int error = errno;
  if (error == EINPROGRESS && wait_for(fd_, POLLOUT, deadline)) {
    socklen_t length = sizeof error;
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length);
  }
  if (error == 0) return;
  close(fd_);
  throw Unexpected("connecting to " + shown + ": " + std::strerror(error));
}

RawSocket::~RawSocket() {
  if (fd_ >= 0) close(fd_);
}

void RawSocket::write(std::string_view bytes, const Deadline& deadline) {
  if (!try_write(bytes, deadline)) throw Unexpected("the peer closed the connection while we wrote");
}

bool RawSocket::try_write(std::string_view bytes, const Deadline& deadline) {
  while (!bytes.empty()) {
    const ssize_t count = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<size_t>(count));
    } else if (errno != EAGAIN && errno != EINTR) {
      return false;
    } else if (!wait_for(fd_, POLLOUT, deadline)) {
      throw Unexpected("the peer does not read");
    }
  }
  return true;
}

RawSocket::Event RawSocket::read(std::string& into, const Deadline& deadline) {
  char buffer[65536];
  while (wait_for(fd_, POLLIN, deadline)) {
    const ssize_t count = recv(fd_, buffer, sizeof buffer, 0);
    if (count > 0) {
      into.append(buffer, static_cast<size_t>(count));
      return Event::kBytes;
    }
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) return Event::kClosed;
  }
  return Event::kTimeout;
}

void RawSocket::finish_writing() {
  shutdown(fd_, SHUT_WR);
}

void RawSocket::reset() {
  const linger at_once{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(fd_);
  fd_ = -1;
}

}  // namespace talkbeat::scenario
