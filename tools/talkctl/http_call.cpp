#include "tools/talkctl/http_call.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>

namespace talkbeat {

namespace {

constexpr size_t kMaxAnswer = 64 << 20;

class Socket {
 public:
  Socket(int family, int timeout_s) : fd_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval timeout{.tv_sec = timeout_s, .tv_usec = 0};
    (void)::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    (void)::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  }
  ~Socket() { ::close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

std::string failure() {
  return errno == EAGAIN || errno == EINPROGRESS ? "no answer" : std::strerror(errno);
}

bool send_all(int fd, const std::string& bytes) {
  for (size_t sent = 0; sent < bytes.size();) {
    const ssize_t now = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (now < 0) return false;
    sent += static_cast<size_t>(now);
  }
  return true;
}

Result<std::string> read_all(int fd) {
  std::string answer;
  std::array<char, 64 * 1024> block;
  while (answer.size() < kMaxAnswer) {
    const ssize_t got = ::recv(fd, block.data(), block.size(), 0);
    if (got < 0) return Error{failure()};
    if (got == 0) return answer;
    answer.append(block.data(), static_cast<size_t>(got));
  }
  return Error{"the answer is too long"};
}

// HTTP/1.0: the body comes in one piece and ends with the connection.
std::string request_text(const Address& server, const HttpCall& call) {
  std::string text = call.method + " " + call.path + " HTTP/1.0\r\nHost: " + server.to_string() + "\r\n";
  if (!call.key.empty()) text += "Authorization: Bearer " + call.key + "\r\n";
  if (!call.body.empty()) text += "Content-Type: application/json\r\n";
  if (!call.body.empty()) text += "Content-Length: " + std::to_string(call.body.size()) + "\r\n";
  return text + "\r\n" + call.body;
}

}  // namespace

HttpOutcome http_call(const Address& server, const HttpCall& call) {
  HttpOutcome outcome;
  const SocketAddress raw = server.to_sockaddr();
  const Socket socket(raw.family(), call.timeout_s);
  if (::connect(socket.fd(), raw.get(), raw.length) != 0) {
    outcome.nobody_listens = errno == ECONNREFUSED;
    outcome.why = failure();
    return outcome;
  }
  outcome.reached = true;
  // One that refuses a request by its head answers, and closes: what it says counts more than that it reads no further.
  const bool sent = send_all(socket.fd(), request_text(server, call));
  const std::string unsent = sent ? "" : failure();
  const Result<std::string> answer = read_all(socket.fd());
  const size_t head = answer.ok() ? answer.value().find("\r\n\r\n") : std::string::npos;
  if (head == std::string::npos || !answer.value().starts_with("HTTP/1.") || head < 12) {
    outcome.why = !sent ? unsent : answer.ok() ? "the answer is not HTTP" : answer.message();
    return outcome;
  }
  outcome.status = std::atoi(answer.value().c_str() + 9);
  outcome.body = answer.value().substr(head + 4);
  return outcome;
}

namespace {

Result<std::string> body_of(const Address& server, const HttpCall& call) {
  HttpOutcome outcome = http_call(server, call);
  if (outcome.status == 200) return std::move(outcome.body);
  return Error{outcome.status == 0 ? outcome.why : "HTTP status " + std::to_string(outcome.status)};
}

}  // namespace

Result<std::string> http_get(const Address& server, const std::string& path, const std::string& key) {
  return body_of(server, {.method = "GET", .path = path, .key = key});
}

Result<std::string> http_post(const Address& server, const std::string& path, const std::string& key) {
  return body_of(server, {.method = "POST", .path = path, .key = key});
}

std::string url_encoded(const std::string& text) {
  constexpr const char* kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '.' || c == '-' || c == '_') {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kHex[byte >> 4];
      encoded += kHex[byte & 15];
    }
  }
  return encoded;
}

}  // namespace talkbeat
