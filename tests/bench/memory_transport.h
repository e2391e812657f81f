#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/transport.h"

namespace talkbeat::bench {

/// A network without a kernel: what arrives is said by the benchmark, what is sent is counted and thrown away. So a
/// whole server runs on it and what is measured is the server's own code. Costs no allocation once all is connected.
///
///   MemoryTransport transport;
///   const SocketHandle client = transport.connect_client(8200);  // then turn the loop: it is accepted
///   transport.arrive(client, bytes);                             // then turn the loop: it is read
class MemoryTransport final : public Transport {
 public:
  /// A client comes to whoever listens on that port.
  SocketHandle connect_client(uint16_t port);
  /// The bytes are not copied: they must stay until they are read, and all that came before has been read.
  void arrive(SocketHandle socket, std::span<const std::byte> bytes);

  uint64_t writes() const { return writes_; }
  uint64_t bytes_written() const { return bytes_written_; }

  Result<SocketHandle> listen(const Address& address, const TcpOptions& options) override;
  Accepted accept(SocketHandle listener, const TcpOptions& options) override;
  /// There is nobody to connect to.
  Result<SocketHandle> connect(const Address& address, const TcpOptions& options) override;
  int connect_error(SocketHandle /*socket*/) override { return 0; }
  Address local_address(SocketHandle socket) override;

  IoResult read(SocketHandle socket, std::span<std::byte> into) override;
  IoResult write(SocketHandle socket, std::span<const iovec> pieces) override;
  Tick since_arrival(SocketHandle /*socket*/) override { return 0; }
  void finish_sending(SocketHandle /*socket*/) override {}
  void close(SocketHandle /*socket*/) override {}
  void abandon(SocketHandle /*socket*/) override {}

  void watch(SocketHandle socket, Interest interest, uint64_t token) override;
  void change_watch(SocketHandle socket, Interest interest, uint64_t token) override;
  void unwatch(SocketHandle socket) override;
  /// Never waits.
  void wait(Tick timeout_ms, std::vector<Readiness>& ready) override;
  void wake() override {}

 private:
  struct Socket {
    uint64_t token = 0;
    Interest interest = Interest::kNone;
    Address address;
    std::span<const std::byte> input;    // not read yet
    std::vector<SocketHandle> incoming;  // of a listener: not accepted yet
  };

  Socket& at(SocketHandle socket) { return sockets_[static_cast<size_t>(socket)]; }
  bool readable(SocketHandle socket);

  std::vector<Socket> sockets_;
  std::vector<SocketHandle> with_input_;
  uint64_t writes_ = 0;
  uint64_t bytes_written_ = 0;
};

}  // namespace talkbeat::bench
