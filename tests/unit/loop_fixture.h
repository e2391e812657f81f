#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/connection_table.h"
#include "tests/unit/bytes_of.h"
#include "tests/unit/fake_transport.h"

namespace talkbeat {

/// The other end of a connection, as a test drives it: a blocking socket of its own.
class Peer {
 public:
  explicit Peer(int fd) : fd_(fd) {}
  ~Peer() { close(); }
  Peer(Peer&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Peer& operator=(Peer&&) = delete;

  void send(std::string_view text) const {
    ASSERT_EQ(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  /// What has come until now; `ended()` and `error()` tell whether more can.
  std::string receive() {
    std::string text;
    std::array<char, 65536> block{};
    while (true) {
      const ssize_t got = ::recv(fd_, block.data(), block.size(), MSG_DONTWAIT);
      ended_ = ended_ || got == 0;
      if (got < 0 && errno != EAGAIN) error_ = errno;
      if (got <= 0) return text;
      text.append(block.data(), static_cast<size_t>(got));
    }
  }
  bool ended() const { return ended_; }
  int error() const { return error_; }

  void finish_sending() const { ::shutdown(fd_, SHUT_WR); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  /// The system tells the other end that the connection is broken.
  void reset() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }

 private:
  int fd_;
  bool ended_ = false;
  int error_ = 0;
};

/// Keeps what came, and does what a test asks for.
class RecordingProtocol final : public Protocol {
 public:
  const char* role() const override { return "test"; }
  void on_bytes(Connection& connection, std::span<const std::byte> bytes) override {
    received += text_of(bytes);
    if (act) act(connection);
  }
  void on_close(Connection& connection, CloseReason reason) override {
    closed.push_back(to_string(reason));
    connection.send(bytes_of("too late"));
  }
  void on_heartbeat_due(Connection& connection) override { connection.send(bytes_of("beat")); }

  std::string received;
  std::vector<std::string> closed;
  std::function<void(Connection&)> act;
};

/// A loop on real sockets and a fake clock: waiting costs no time.
class LoopTest : public ::testing::Test {
 protected:
  void turn() { loop.turn(0); }
  void run_for(Tick ms) {
    const Tick end = clock.now() + ms;
    while (clock.now() < end) loop.turn(end - clock.now());
    turn();
  }
  /// False: it has not come true within the turns in which it should have.
  template <class Condition>
  bool turn_until(Condition condition) {
    for (int i = 0; i < 2'000 && !condition(); ++i) {
      turn();
      if (i > 100) ::poll(nullptr, 0, 1);
    }
    return condition();
  }

  struct Pair {
    SocketHandle ours;
    Peer peer;
  };
  /// A TCP connection over loopback; a receive buffer of `peer_buffer` bytes at the peer (0: the system's).
  Pair connect_pair(int peer_buffer = 0) {
    EpollTransport transport_of_pair;
    const SocketHandle listener = transport_of_pair.listen({"127.0.0.1", 0}, {}).value();
    const SocketAddress raw = transport_of_pair.local_address(listener).to_sockaddr();
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    if (peer_buffer > 0) ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &peer_buffer, sizeof peer_buffer);
    const int yes = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    EXPECT_EQ(::connect(fd, raw.get(), raw.length), 0);
    const SocketHandle ours = transport_of_pair.accept(listener, {}).socket;
    EXPECT_NE(ours, kNoSocket);
    transport_of_pair.close(listener);
    return {ours, Peer(fd)};
  }

  FakeClock clock;
  FakeTransport transport{clock};
  EventLoop loop{clock, transport};
};

}  // namespace talkbeat
