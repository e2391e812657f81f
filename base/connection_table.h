#pragma once

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "base/connection.h"
#include "base/handshake_gate.h"

namespace talkbeat {

/// Owns all connections of one event loop, whatever their role. The loop's thread only.
///
///   ConnectionTable connections(loop, [](const Connection& connection, CloseReason reason) { … log it, count it … });
///   Connection& connection = connections.adopt(socket, peer, protocol);
///   if (Connection* again = connections.find(id)) again->send(bytes);
class ConnectionTable final : private TurnHandler, private LivenessActions {
 public:
  /// Called once for each connection, when it is closed.
  using CloseObserver = std::function<void(const Connection&, CloseReason)>;

  ConnectionTable(EventLoop& loop, CloseObserver observer);
  /// Frees all that are left, without a word to the peers: close_all() first, and turn the loop until size() is 0.
  ~ConnectionTable();

  /// Takes over a connected socket. The protocol outlives it. `tls`: what is sent and received goes through it.
  Connection& adopt(SocketHandle socket, const Address& peer, Protocol& protocol,
                    std::unique_ptr<TlsChannel> tls = nullptr);
  /// nullptr where it has been closed.
  Connection* find(ConnId id) const;
  /// The node is a connection's.
  static Connection& of(LivenessNode& node) { return static_cast<Connection&>(node); }

  /// Open and closing ones.
  size_t size() const { return size_; }
  void close_all(CloseReason reason);
  /// Calls `visit` for each open connection; it may close them.
  void for_each(const std::function<void(Connection&)>& visit);

  /// Has the rule checked for the connections that join it. It must outlive the table's use.
  void watch_liveness(Liveness& liveness);

  void set_handshake_limits(const HandshakeLimits& limits) { handshakes_.set_limits(limits); }
  /// Of servers' ends: how many have begun, how many wait.
  const HandshakeGate& handshakes() const { return handshakes_; }

  EventLoop& loop() { return loop_; }

  /// How long a closed connection may take to send its rest and to be acknowledged by the peer's close.
  static constexpr Tick kLingerMs = 2'000;

 private:
  friend class Connection;

  struct Watched {
    Liveness* liveness;
    std::unique_ptr<Timer> timer;
    Tick armed_for = 0;
  };

  /// What all TLS connections share; none where there is none.
  struct TlsBuffers {
    std::vector<std::byte> plain;
    std::vector<std::byte> record;
  };

  static constexpr size_t kPiecesPerWrite = 64;

  void on_turn_end() override;
  void on_stall(Tick stalled) override;
  void send_heartbeat(LivenessNode& node) override;
  void close_dead(LivenessNode& node, CloseReason reason) override;
  void tell_to_leave(LivenessNode& node, CloseReason reason) override;
  void check_liveness(Watched& watched);
  void arm(Watched& watched);
  /// Calls end_overdue() before long.
  void look_for_overdue();
  /// Closes who has read too slowly for too long, and releases who has had its time to linger.
  void end_overdue();
  void flush_noted();
  void free_closed();
  TlsBuffers& tls_buffers();
  void call_waiting_handshakes();
  void look_after_handshakes();

  EventLoop& loop_;
  CloseObserver observer_;
  std::vector<std::unique_ptr<Connection>> slots_;
  std::vector<uint32_t> free_slots_;
  uint64_t next_serial_ = 1;
  size_t size_ = 0;
  std::vector<ConnId> to_flush_;
  std::vector<ConnId> to_free_;
  std::vector<Watched> watched_;
  Timer overdue_timer_;
  IntrusiveList<Connection::Trouble, SoftLimitTag> over_soft_;
  IntrusiveList<Connection::Trouble, LingerTag> lingering_;
  OutPool out_pool_;
  std::vector<iovec> pieces_;           // shared scratch of all flushes
  std::vector<std::byte> read_buffer_;  // shared by all reads: an idle connection owns none
  TlsBuffers tls_buffers_;
  HandshakeGate handshakes_;
  Timer handshake_timer_;
};

}  // namespace talkbeat
