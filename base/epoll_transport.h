#pragma once

#include <map>

#include "base/transport.h"

namespace talkbeat {

/// Linux sockets and epoll. One for each event loop. A socket that epoll does not take (no memory in the kernel, more
/// than fs.epoll.max_user_watches) looks broken to whoever watches it: it is reported as ready, and to read from it, to
/// accept and to connect fail with that error, until epoll has taken it. So it costs a connection, and a listener only
/// a pause.
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
  Tick since_arrival(SocketHandle socket) override;
  void finish_sending(SocketHandle socket) override;
  void close(SocketHandle socket) override;
  void abandon(SocketHandle socket) override;
  void watch(SocketHandle socket, Interest interest, uint64_t token) override;
  void change_watch(SocketHandle socket, Interest interest, uint64_t token) override;
  void unwatch(SocketHandle socket) override;
  void wait(Tick timeout_ms, std::vector<Readiness>& ready) override;
  void wake() override;

 private:
  struct Refused {
    Interest interest;
    uint64_t token;
    int operation;      // that epoll did not do
    int error;          // why
    bool told = false;  // to whoever watches it
  };

  int control(int operation, SocketHandle socket, Interest interest, uint64_t token);
  void set_watch(int operation, SocketHandle socket, Interest interest, uint64_t token);
  void retry_refused();
  void tell_refused(std::vector<Readiness>& ready);
  int refusal_of(SocketHandle socket) const;

  int epoll_fd_;
  int wake_fd_;
  std::map<SocketHandle, Refused> refused_;  // nearly always empty
  bool refusing_ = false;                    // and the log says so
};

}  // namespace talkbeat
