#pragma once

#include <functional>

#include "base/event_loop.h"

namespace talkbeat {

/// Connects to one address, once, within a time limit. The loop's thread only.
///
///   Dialer dialer(loop, tcp, 5'000, [&](Result<SocketHandle> socket) { … adopt it, or try elsewhere … });
///   dialer.dial(address);
class Dialer final : private ReadyHandler {
 public:
  /// The handler may dial again; it is also called inside of dial(), where the failure is immediate.
  using Done = std::function<void(Result<SocketHandle> socket)>;

  Dialer(EventLoop& loop, const TcpOptions& tcp, Tick timeout_ms, Done done);
  ~Dialer();

  void dial(const Address& address);
  /// Forgets what is under way: the handler is not called.
  void stop();

 private:
  void on_ready(bool readable, bool writable) override;

  EventLoop& loop_;
  TcpOptions tcp_;
  Tick timeout_ms_;
  Done done_;
  Timer timer_;
  SocketHandle socket_ = kNoSocket;
  WatchId watch_{};
};

}  // namespace talkbeat
