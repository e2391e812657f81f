#pragma once

#include <functional>

#include "base/event_loop.h"

namespace talkbeat {

/// Accepts connections on one address. Where the process or the system has no descriptor left, it stops asking for a
/// moment instead of spinning, and goes on by itself. The loop's thread only.
///
///   Listener listener(loop, options, [&](SocketHandle socket, const Address& peer) { connections.adopt(…); });
///   Status status = listener.start(address);
class Listener final : private ReadyHandler {
 public:
  using AcceptHandler = std::function<void(SocketHandle socket, const Address& peer)>;

  Listener(EventLoop& loop, const TcpOptions& options, AcceptHandler on_accept);
  ~Listener();

  /// Fails where the address is taken or not this machine's.
  Status start(const Address& address);
  /// Closes the port; what was accepted lives on.
  void stop();

  bool listening() const { return socket_ != kNoSocket; }
  /// With the port that was chosen where start() was given 0.
  Address address() const;

  /// How long it waits after a failed accept().
  static constexpr Tick kPauseMs = 250;

 private:
  void on_ready(bool readable, bool writable) override;
  void pause(int error);

  EventLoop& loop_;
  TcpOptions options_;
  AcceptHandler on_accept_;
  Timer resume_timer_;
  SocketHandle socket_ = kNoSocket;
  WatchId watch_{};
};

}  // namespace talkbeat
