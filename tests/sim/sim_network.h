#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/transport.h"
#include "tests/sim/sim_rng.h"
#include "tests/sim/tally.h"
#include "tests/sim/trace.h"

namespace talkbeat::sim {

using HostId = uint32_t;
using SocketId = uint32_t;
inline constexpr SocketId kNoSocketId = UINT32_MAX;

/// Hears that one of its sockets has become ready.
class HostEars {
 public:
  virtual void socket_ready(SocketId socket) = 0;

 protected:
  ~HostEars() = default;
};

/// How the network behaves in one run, drawn from its seed.
struct NetworkManners {
  size_t window = 64 << 10;      ///< bytes that a sender may have under way and unread
  Tick jitter = 3;               ///< of each piece's time on its way
  double short_reads = 0;        ///< how often a read gives less than there is
  double short_writes = 0;       ///< how often a write takes less than it could
  double split = 0;              ///< how often what was written at once arrives in two pieces
  double refused_connects = 0;   ///< how often a connect finds nobody, though somebody listens
  double broken_in_backlog = 0;  ///< how often a connection is reset before it is accepted
};

/// One end of a TCP connection, or a listener, as its host's kernel knows it.
struct SimSocket {
  enum class Piece : uint8_t { kData, kEstablished, kFin, kReset };
  struct Coming {
    Tick at;
    Piece what;
    std::string bytes;
  };

  HostId host = 0;
  Address local;
  bool listening = false;
  std::deque<SocketId> backlog;

  SocketId peer = kNoSocketId;
  HostId peer_host = 0;
  bool owned = false;  // a process has a handle for it, or it waits in a backlog
  bool connecting = false;
  bool finished = false;       // we send no more
  bool peer_finished = false;  // and the peer has said so
  int error = 0;
  bool error_told = false;
  std::string arrived;  // not read yet, from `taken` on
  size_t taken = 0;
  Tick arrived_at = 0;        // the last of it
  std::deque<Coming> coming;  // towards this end, in order
  size_t coming_bytes = 0;
  Tick unacknowledged_since = -1;  // of what this end has sent
  TcpOptions options;

  size_t unread() const { return arrived.size() - taken + coming_bytes; }
  bool open() const { return !listening && !connecting && error == 0; }
  void forget_coming() {
    coming.clear();
    coming_bytes = 0;
  }
};

/// Hosts, the paths between them, and the kernels' half of TCP: streams that arrive in pieces, late or not at all,
/// windows that fill, resets, hosts that vanish, and paths that are cut, in one direction or in both, and healed, after
/// which what was held is sent again. One for a simulation; SimTransport is a process's view of it.
///
///   SimNetwork network(scheduler, rng, trace, tally);
///   const HostId host = network.add_host("10.0.0.1");
///   network.cut(a, b);                          // from a to b nothing arrives any more
///   network.heal(a, b);
///   network.end_process(host, Ending::kKilled);  // the kernel closes its sockets; kVanished: nobody is told anything
class SimNetwork {
 public:
  enum class Ending : uint8_t { kKilled, kVanished };

  SimNetwork(Scheduler& scheduler, SimRng rng, Trace& trace, Tally& tally);

  NetworkManners& manners() { return manners_; }
  HostId add_host(std::string ip);
  const std::string& ip_of(HostId host) const { return hosts_[host].ip; }
  void attach(HostId host, HostEars* ears);

  // Faults. Cuts of the same path add up.
  void cut(HostId from, HostId to) { ++path(from, to).cuts; }
  void heal(HostId from, HostId to);
  /// Every way to and from the host.
  void isolate(HostId host, bool inwards, bool outwards);
  void rejoin(HostId host, bool inwards, bool outwards);
  /// All that the host sends and gets takes so much longer; or has so often to be sent again.
  void slow_down(HostId host, Tick by) { hosts_[host].slowness = by; }
  void lose(HostId host, double share) { hosts_[host].loss = share; }
  /// No process of the host gets another socket.
  void run_out_of_handles(HostId host, bool out) { hosts_[host].out_of_handles = out; }
  /// Resets one of the host's connections, as a middlebox does; false: it has none.
  bool reset_any(HostId host);
  /// The process has gone: its kernel closes its sockets, or has gone as well.
  void end_process(HostId host, Ending how);
  /// A vanished host is there again, and knows nothing.
  void power_on(HostId host);

  // What SimTransport is made of.
  /// kNoSocketId: the port is taken.
  SocketId listen(HostId host, const Address& address, const TcpOptions& options);
  SocketId accept(SocketId listener);
  SocketId connect(HostId host, const Address& to, const TcpOptions& options);
  IoResult read(SocketId id, std::span<std::byte> into);
  IoResult write(SocketId id, std::span<const iovec> pieces);
  void finish_sending(SocketId id);
  void close(SocketId id);
  void abandon(SocketId id);
  bool out_of_handles(HostId host) const { return hosts_[host].out_of_handles; }
  bool readable(SocketId id) const;
  Tick since_arrival(SocketId id) const;
  bool writable(SocketId id) const;
  bool broken(SocketId id) const;
  SimSocket& at(SocketId id) { return *sockets_[id]; }
  const SimSocket& at(SocketId id) const { return *sockets_[id]; }
  Address peer_address(SocketId id) const;

  SimRng& rng() { return rng_; }
  Tally& tally() { return tally_; }

 private:
  // A piece that has to be sent again once the path is whole comes at kHeld. What a kernel does where nobody answers:
  // it asks again later.
  static constexpr Tick kHeld = INT64_MAX;
  static constexpr Tick kLeastRetransmission = 200;
  static constexpr Tick kMostRetransmission = 6'000;

  struct Path {
    uint16_t cuts = 0;
  };
  struct Host {
    std::string ip;
    HostEars* ears = nullptr;
    bool powered = true;
    bool out_of_handles = false;
    Tick slowness = 0;
    double loss = 0;
    uint16_t next_port = 40'000;
    int cut_off_in = 0;
    int cut_off_out = 0;
    std::vector<SocketId> sockets;  // that a process owns, or that wait in a backlog
  };

  Path& path(HostId from, HostId to) { return paths_[from][to]; }
  bool blocked(HostId from, HostId to) const;
  Tick travel_time(HostId from, HostId to);
  SocketId add_socket(HostId host);
  void disown(SocketId id);
  void tell(SocketId id);

  void send(SocketId to, SimSocket::Piece what, std::string bytes = {});
  void enqueue(SocketId to, Tick at, SimSocket::Piece what, std::string bytes);
  void plan_arrival(SocketId to);
  void arrive(SocketId to);
  void take(SocketId to, SimSocket::Coming&& piece);
  void send_reset(SocketId to);
  void note_unacknowledged(SocketId sender);
  void give_up(SocketId sender, Tick since);
  void fail(SocketId id, int error);

  void syn_arrives(SocketId client, Address to);
  SocketId find_listener(HostId host, uint16_t port) const;
  HostId host_of(const std::string& ip) const;
  /// What waited for a path that is whole again is sent again, a while later.
  void resume_all();

  Scheduler& scheduler_;
  SimRng rng_;
  Trace& trace_;
  Tally& tally_;
  NetworkManners manners_;
  std::vector<Host> hosts_;
  std::vector<std::vector<Path>> paths_;
  std::vector<std::unique_ptr<SimSocket>> sockets_;
};

}  // namespace talkbeat::sim
