#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <thread>

#include "tests/scenario/deadline.h"

namespace talkbeat::scenario {

/// What the machine takes away from one process while a test measures it, so that a server that does not serve is told
/// from a machine that is slow. It counts how long the process's loop and its writer of the store were ready to run and
/// had no processor (the kernel says so), and, with a thread of its own, how much later than it should somebody without
/// any server wakes up and brings a few bytes to the same disk. A thread that is stopped, sleeps, waits for a lock or
/// computes is the process's own doing.
///
///   MachineWatch machine(cluster.directory(), cluster.pid("msg_server_0"));
///   const FairTime time(machine);
///   …
///   EXPECT_LE(time.taken(), 100ms);
class MachineWatch {
 public:
  /// `directory`: on the disk that the process writes to.
  MachineWatch(const std::filesystem::path& directory, pid_t pid);
  ~MachineWatch();
  MachineWatch(const MachineWatch&) = delete;
  MachineWatch& operator=(const MachineWatch&) = delete;

  /// Grows, for each thread that asks by itself: what that one has waited for a processor is in it, and so is what is
  /// going on at the moment.
  milliseconds lost() const;
  /// The part of it that the process's loop has lost: its own wait for a processor, and what the thread of this has
  /// measured. The same for every thread that asks.
  milliseconds lost_by_loop() const;

 private:
  using Clock = std::chrono::steady_clock;

  void watch();
  Clock::duration overdue(Clock::time_point now) const;

  const pid_t pid_;
  const int file_;
  mutable std::mutex mutex_;  // guards the two below
  Clock::time_point round_began_ = Clock::now();
  Clock::duration lost_{};
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

/// How long something has taken since this was made, without what the machine took of it. For one thread.
class FairTime {
 public:
  explicit FairTime(const MachineWatch& machine) : machine_(machine), lost_(machine.lost()) {}

  milliseconds taken() const {
    const auto taken = std::chrono::ceil<milliseconds>(std::chrono::steady_clock::now() - begin_);
    return std::max(0ms, taken - std::max(0ms, machine_.lost() - lost_));
  }

 private:
  const MachineWatch& machine_;
  milliseconds lost_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace talkbeat::scenario
