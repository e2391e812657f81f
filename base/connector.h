#pragma once

#include <functional>

#include "base/backoff.h"
#include "base/event_loop.h"

namespace talkbeat {

/// Keeps connecting to one address until it is told to stop: connects within a time limit, hands the socket over, and
/// after it was lost() waits with full-jitter backoff and connects again. The loop's thread only.
///
///   Connector connector(loop, rng, options, address, [&](SocketHandle socket) { … adopt it … });
///   connector.start();
///   connector.lost();    // the connection has ended: try again later
///   connector.proven();  // it has been authenticated: the backoff may begin anew once it has held for a while
class Connector final : private ReadyHandler {
 public:
  struct Options {
    TcpOptions tcp;
    Tick connect_timeout_ms = 5'000;
    BackoffPolicy backoff;
    Tick proven_after_ms = 10'000;  ///< how long a proven connection has to hold until the backoff is reset
  };
  using ConnectHandler = std::function<void(SocketHandle socket)>;

  Connector(EventLoop& loop, Rng& rng, const Options& options, const Address& target, ConnectHandler on_connected);
  ~Connector();

  /// Connects at once; nothing where it was started already.
  void start();
  /// Ends the attempt or the waiting. A connection that was handed over lives on, and its lost() does nothing.
  void stop();
  void lost();
  void proven();

  const Address& target() const { return target_; }
  int failures() const { return backoff_.failures(); }

 private:
  enum class State : uint8_t { kStopped, kConnecting, kConnected, kWaiting };

  void on_ready(bool readable, bool writable) override;
  void on_timer();
  void connect();
  void give_up(const std::string& why);
  void drop_socket();
  void wait_and_retry();

  EventLoop& loop_;
  Rng& rng_;
  Options options_;
  Address target_;
  ConnectHandler on_connected_;
  Backoff backoff_;
  Timer timer_;
  Timer proven_timer_;
  State state_ = State::kStopped;
  SocketHandle socket_ = kNoSocket;
  WatchId watch_{};
};

}  // namespace talkbeat
