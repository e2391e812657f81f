#include "tools/talkctl/http_get.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace talkbeat {

namespace {

constexpr timeval kTimeout{.tv_sec = 3, .tv_usec = 0};
constexpr size_t kMaxAnswer = 64 << 20;

class Socket {
 public:
  explicit Socket(int family) : fd_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    (void)::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &kTimeout, sizeof kTimeout);
    (void)::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &kTimeout, sizeof kTimeout);
  }
  ~Socket() { ::close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

Error failure() {
  return Error{errno == EAGAIN || errno == EINPROGRESS ? "no answer" : std::strerror(errno)};
}

Result<std::string> read_all(int fd) {
  std::string answer;
  std::array<char, 64 * 1024> block;
  while (answer.size() < kMaxAnswer) {
    const ssize_t got = ::recv(fd, block.data(), block.size(), 0);
    if (got < 0) return failure();
    if (got == 0) return answer;
    answer.append(block.data(), static_cast<size_t>(got));
  }
  return Error{"the answer is too long"};
}

// HTTP/1.0: the body comes in one piece and ends with the connection.
Result<std::string> ask(const char* method, const Address& server, const std::string& path) {
  const SocketAddress raw = server.to_sockaddr();
  const Socket socket(raw.family());
  if (::connect(socket.fd(), raw.get(), raw.length) != 0) return failure();
  const std::string request = method + (" " + path) + " HTTP/1.0\r\nHost: " + server.to_string() + "\r\n\r\n";
  if (::send(socket.fd(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
    return failure();
  }
  const Result<std::string> answer = read_all(socket.fd());
  if (!answer.ok()) return answer;
  const size_t head = answer.value().find("\r\n\r\n");
  if (head == std::string::npos) return Error{"the answer is not HTTP"};
  const std::string status = answer.value().substr(9, 3);
  if (status != "200") return Error{"HTTP status " + status};
  return answer.value().substr(head + 4);
}

}  // namespace

Result<std::string> http_get(const Address& server, const std::string& path) {
  return ask("GET", server, path);
}

Result<std::string> http_post(const Address& server, const std::string& path) {
  return ask("POST", server, path);
}

}  // namespace talkbeat
