#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/timer_list.h"
#include "base/transport.h"

namespace talkbeat {

/// Told when a watched socket is ready. The object must stay where it is until it is unwatched.
class ReadyHandler {
 public:
  virtual void on_ready(bool readable, bool writable) = 0;

 protected:
  ~ReadyHandler() = default;
};

/// Takes part in each turn of the loop.
class TurnHandler {
 public:
  /// After all events, tasks and timers of a turn: the place to flush what was written and to free what was closed.
  virtual void on_turn_end() = 0;
  /// This turn came `stalled` ms late: the process was stopped, starved or busy. The place to move deadlines by the
  /// stall; then all that waits in the sockets is read, and only then timers run and judge (OPERATIONS.md, rule 5).
  virtual void on_stall(Tick stalled) = 0;

 protected:
  ~TurnHandler() = default;
};

/// A watched socket: 64 bits, never reused, so that an event for a socket that was closed in the same turn finds
/// nothing, even where the descriptor has a new owner.
enum class WatchId : uint64_t {};

/// One thread, one loop: sockets, timers, and tasks from other threads. A turn waits for events, reads the clock once,
/// runs handlers, tasks and timers, and then the turn's end.
///
///   EventLoop loop(clock, transport);
///   loop.post([&] { loop.stop(); });
///   loop.run();
///
/// All methods are for the loop's own thread, but post() and stop() for any.
class EventLoop {
 public:
  EventLoop(Clock& clock, Transport& transport);

  /// Turns until stop().
  void run();
  void stop();
  /// One turn that waits for at most `max_wait` ms (-1: until something happens). For tests and simulations.
  void turn(Tick max_wait);

  /// Which batch of events is being handled, or was last: a change of interest counts from the next one. A turn
  /// collects one, after a stall more.
  uint64_t batch() const { return batch_; }

  /// The time of this turn.
  Tick now() const { return now_; }
  int64_t unix_seconds() const { return clock_.unix_seconds(); }
  int64_t unix_milliseconds() const { return clock_.unix_milliseconds(); }
  TimerList& timers() { return timers_; }
  Transport& transport() { return transport_; }
  /// When turn() has something to do without any event; TimerList::kNever: nothing.
  Tick next_due() const;

  /// Runs the task on the loop's thread in one of the next turns, in the order of posting.
  void post(Task task);

  WatchId watch(SocketHandle socket, Interest interest, ReadyHandler& handler);
  void change_watch(SocketHandle socket, WatchId id, Interest interest);
  /// Events of this turn that were already collected for it are dropped.
  void unwatch(SocketHandle socket, WatchId id);

  /// `handler` must outlive the loop's last turn.
  void add_turn_handler(TurnHandler& handler) { turn_handlers_.push_back(&handler); }

  /// A turn that comes later than this counts as a stall.
  static constexpr Tick kStallThreshold = 1'000;

  /// The worst lateness of a turn since the last call, in milliseconds: how long anybody waited for this thread.
  Tick take_worst_lag();

 private:
  struct Slot {
    ReadyHandler* handler = nullptr;
    uint32_t generation = 0;
  };

  Tick time_to_wait(Tick max_wait, Tick present) const;
  bool told_to_stop();
  void collect_ready(Tick wait_ms);
  void dispatch_ready();
  void read_what_waits();
  void run_posted();

  Clock& clock_;
  Transport& transport_;
  Tick now_;
  TimerList timers_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_slots_;
  uint64_t batch_ = 0;
  std::vector<Readiness> ready_;
  std::vector<TurnHandler*> turn_handlers_;
  Tick worst_lag_ = 0;

  std::mutex mutex_;  // guards the two below
  std::vector<Task> posted_;
  bool stopping_ = false;
  std::atomic<bool> told_ = false;  // one of the two says something: so a turn without it takes no lock
  std::vector<Task> spare_;         // of run_posted(): empty, with memory
};

}  // namespace talkbeat
