#pragma once

#include <vector>

#include "base/event_loop.h"
#include "tests/sim/sim_network.h"

namespace talkbeat::sim {

/// The time as one process sees it: it moves while the process waits, and nowhere else, so that its loop can tell when
/// it was kept from turning. The wall clock is another matter: it may be wrong, and it may jump.
class SimClock final : public Clock {
 public:
  SimClock(const Scheduler& scheduler, Tick wall_error) : scheduler_(scheduler), wall_error_(wall_error) { catch_up(); }

  Tick now() const override { return kStart + seen_; }
  int64_t unix_seconds() const override { return unix_milliseconds() / 1000; }
  int64_t unix_milliseconds() const override { return kUnixStart + seen_ + wall_error_; }

  void catch_up() { seen_ = scheduler_.now(); }
  void set_wall_error(Tick error) { wall_error_ = error; }

  static constexpr Tick kStart = 1'000'000;
  static constexpr int64_t kUnixStart = 1'700'000'000'000;

 private:
  const Scheduler& scheduler_;
  Tick seen_ = 0;
  Tick wall_error_;
};

/// A process's view of the SimNetwork: numbers its sockets as a kernel does, the lowest free one first, so that a
/// handle that is used after its close hits somebody else's socket, or is a misuse() that ends the simulation.
class SimTransport final : public Transport, private HostEars {
 public:
  /// `wake`: there is something to turn for.
  SimTransport(SimNetwork& network, HostId host, SimClock& clock, std::function<void()> wake,
               std::function<void(const std::string&)> misuse);
  ~SimTransport() override;

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
  void wake() override { wake_(); }

  /// The next wait() would find something.
  bool anything_ready();
  /// The process is killed: what its objects do from here on concerns nobody.
  void die(SimNetwork::Ending how);
  bool dead() const { return dead_; }

 private:
  struct Slot {
    SocketId socket = kNoSocketId;
    bool watched = false;
    bool listed = false;  // in maybe_ready_
    Interest interest = Interest::kNone;
    uint64_t token = 0;
  };

  void socket_ready(SocketId socket) override;
  SocketHandle add(SocketId socket);
  Slot* slot(SocketHandle socket, const char* use);
  void release(SocketHandle socket, Slot& slot);
  void list(SocketHandle socket);
  bool readiness(const Slot& slot, Readiness& ready) const;

  SimNetwork& network_;
  const HostId host_;
  SimClock& clock_;
  std::function<void()> wake_;
  std::function<void(const std::string&)> misuse_;
  bool dead_ = false;
  std::vector<Slot> slots_;
  std::vector<SocketHandle> maybe_ready_;
  std::vector<SocketHandle> handles_;  // by SocketId, offset by the first one of this process
  SocketId first_socket_ = kNoSocketId;
};

/// A process on a host of its own: a loop with its clock, its transport and its randomness, turned by the scheduler
/// whenever there is something to turn for. What runs in it is made on top of it, and destroyed before it.
///
///   SimProcess process(scheduler, network, trace, host, seed, wall_error, misuse);
///   LoginServer server(process.loop(), …);
///   process.pause_until(now + 30'000);     // SIGSTOP
///   process.transport().die(Ending::kKilled);  // and then destroy the server and the process
class SimProcess {
 public:
  SimProcess(Scheduler& scheduler, SimNetwork& network, Trace& trace, HostId host, uint64_t seed, Tick wall_error,
             std::function<void(const std::string&)> misuse);
  ~SimProcess();
  SimProcess(const SimProcess&) = delete;
  SimProcess& operator=(const SimProcess&) = delete;

  EventLoop& loop() { return loop_; }
  SimClock& clock() { return clock_; }
  SimTransport& transport() { return transport_; }
  SimRng& rng() { return rng_; }
  HostId host() const { return host_; }
  Scheduler::Owner owner() const { return owner_; }
  Scheduler& scheduler() { return scheduler_; }
  Trace& trace() { return trace_; }

  /// SIGSTOP, and SIGCONT.
  void pause_until(Tick when);
  void resume();
  bool paused() const { return scheduler_.now() < paused_until_; }
  Tick paused_until() const { return paused_until_; }

  /// So many turns without the time moving are a loop that spins.
  static constexpr int kMaxTurnsAtOnce = 5'000;

 private:
  void wake_at(Tick when);
  void on_wake(Tick planned);
  void turn();

  Scheduler& scheduler_;
  Trace& trace_;
  const HostId host_;
  const Scheduler::Owner owner_;
  std::function<void(const std::string&)> misuse_;
  SimRng rng_;
  SimClock clock_;
  SimTransport transport_;
  EventLoop loop_;
  Tick wake_planned_ = -1;
  Tick paused_until_ = 0;
  Tick last_turn_ = -1;
  int turns_at_once_ = 0;
  bool turning_ = false;
};

}  // namespace talkbeat::sim
