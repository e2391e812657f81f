#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <thread>

#include "tests/scenario/cluster.h"
#include "tests/scenario/machine_watch.h"

namespace talkbeat::scenario {

/// The worst lateness of a msg_server's loop while this lives, as the server itself measures it and reports it to
/// login_server (talkbeat_loop_lag_ms), looked at in a thread of its own. The server needs the setting kReportsOften.
///
///   LoopLag lag(cluster, machine);
///   … attack …
///   EXPECT_LT(lag.worst_ms(), 20);
///
/// Taken off is what the machine took from the loop in the half second before each look (MachineWatch::lost_by_loop()):
/// a processor that it was ready to run on and did not get, and how late the watch itself was. Not taken off is what
/// the loop computes, sleeps or waits for a lock: a password that is hashed on it, a commit that it waits for.
///
/// A thread of the server itself may have had the processor that the loop was ready for; the kernel does not say who
/// had it. To take off the watch's lateness alone would blame the server for its neighbours: who nearly always sleeps,
/// as the watch does, is run at once when it wakes up, and who works, as the loop does in a flood, gets its share among
/// all who do. With two processors, a test that floods from one of them and another test beside both, that is half a
/// processor or less, and 10 ms of work end 20 ms later. So this one fault is not seen here: threads of the server that
/// leave its loop no processor. Their number is a setting (password.workers, 1 as it is).
class LoopLag {
 public:
  LoopLag(const Cluster& cluster, const MachineWatch& machine, std::string server = kServer);

  /// Ends the watching, once the last report has come. Throws where the server has told nothing.
  double worst_ms();

 private:
  void watch(const std::stop_token& over);
  std::optional<double> reported() const;

  const Cluster& cluster_;
  const MachineWatch& machine_;
  const std::string server_;
  std::atomic<bool> counting_{false};  // what was reported before is of the time before
  std::atomic<size_t> seen_{0};
  std::atomic<double> worst_{0};
  std::jthread thread_;
};

/// For ClusterOptions::settings.
inline constexpr const char* kReportsOften = "cluster.heartbeat_interval=200ms";

}  // namespace talkbeat::scenario
