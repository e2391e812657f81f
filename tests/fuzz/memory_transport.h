#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/transport.h"
#include "tests/unit/fake_clock.h"

namespace talkbeat::fuzz {

/// A connection in memory, as both of its ends see it. The server's end is a SocketHandle; the fuzz target holds this.
struct Stream {
  // What the target does.
  std::string to_server;       ///< not yet read
  bool finished = false;       ///< it sends no more
  bool reset = false;          ///< it has gone without a word
  size_t room = 1 << 20;       ///< bytes that fit until the target takes some
  size_t max_read = SIZE_MAX;  ///< bytes of one read
  // What the server has done.
  std::string from_server;       ///< not yet taken
  bool server_finished = false;  ///< it sends no more
  bool server_closed = false;    ///< its socket is closed
};
using StreamPtr = std::shared_ptr<Stream>;

/// A Transport without sockets, so that a thousand connections a second cost nothing: fast enough to fuzz, and the same
/// input does the same each time. Handles are reused as the kernel reuses descriptors. Where nothing is ready, waiting
/// moves the clock. One thread.
///
///   MemoryTransport network(clock);
///   StreamPtr client = network.dial(8200);  // what a server listens on
///   client->to_server += pdu;
///   loop.turn(0);
class MemoryTransport final : public Transport {
 public:
  explicit MemoryTransport(FakeClock& clock) : clock_(clock) {}

  /// A new connection to the server's port; nullptr: nobody listens there.
  StreamPtr dial(uint16_t port, const std::string& from_ip = "192.0.2.7");
  /// The connections that the server itself has begun since the last call, oldest first.
  std::vector<StreamPtr> take_dialed();
  /// Open sockets of the server's, listeners included.
  size_t open_sockets() const;
  /// What peers have sent and the server has not read yet.
  size_t unread_bytes() const;

  bool refuse_connects = false;

  Result<SocketHandle> listen(const Address& address, const TcpOptions& options) override;
  Accepted accept(SocketHandle listener, const TcpOptions& options) override;
  Result<SocketHandle> connect(const Address& address, const TcpOptions& options) override;
  int connect_error(SocketHandle socket) override;
  Address local_address(SocketHandle socket) override;
  IoResult read(SocketHandle socket, std::span<std::byte> into) override;
  IoResult write(SocketHandle socket, std::span<const iovec> pieces) override;
  Tick since_arrival(SocketHandle /*socket*/) override { return 0; }
  void finish_sending(SocketHandle socket) override;
  void close(SocketHandle socket) override;
  void abandon(SocketHandle socket) override { close(socket); }
  void watch(SocketHandle socket, Interest interest, uint64_t token) override;
  void change_watch(SocketHandle socket, Interest interest, uint64_t token) override;
  void unwatch(SocketHandle socket) override;
  void wait(Tick timeout_ms, std::vector<Readiness>& ready) override;
  void wake() override {}

 private:
  struct Waiting {
    StreamPtr stream;
    Address from;
  };
  struct Socket {
    bool open = false;
    bool watched = false;
    Interest interest = Interest::kNone;
    uint64_t token = 0;
    Address local;
    StreamPtr stream;             // nullptr: a listener
    std::deque<Waiting> waiting;  // of a listener
  };

  Socket& at(SocketHandle handle);
  SocketHandle add(Socket socket);
  static bool readable(const Socket& socket);
  static bool writable(const Socket& socket);

  FakeClock& clock_;
  std::vector<Socket> sockets_;
  std::vector<StreamPtr> dialed_;
  uint16_t next_port_ = 20'000;
};

}  // namespace talkbeat::fuzz
