#pragma once

#include "base/transport.h"

namespace talkbeat {

/// Linux sockets and epoll. One for each event loop.
class EpollTransport final : public Transport {
 public:
  /// Ends the process with a message where the kernel gives no epoll descriptor: nothing could run without it.
  EpollTransport();
  ~EpollTransport() override;
  EpollTransport(const EpollTransport&) = delete;
  EpollTransport& operator=(const EpollTransport&) = delete;

  Result<SocketHandle> listen(const Address& address, const TcpOptions& options) override;
  Accepted accept(SocketHandle listener, const TcpOptions& options) override;
  Result<SocketHandle> connect(const Address& address, const TcpOptions& options) override;
  int connect_error(SocketHandle socket) override;
  Address local_address(SocketHandle socket) override;
  IoResult read(SocketHandle socket, std::span<std::byte> into) override;
  IoResult write(SocketHandle socket, std::span<const iovec> pieces) override;
  void finish_sending(SocketHandle socket) override;
  void close(SocketHandle socket) override;
  void abandon(SocketHandle socket) override;
  void watch(SocketHandle socket, Interest interest, uint64_t token) override;
  void change_watch(SocketHandle socket, Interest interest, uint64_t token) override;
  void unwatch(SocketHandle socket) override;
  void wait(Tick timeout_ms, std::vector<Readiness>& ready) override;
  void wake() override;

 private:
  int epoll_fd_;
  int wake_fd_;
};

}  // namespace talkbeat
