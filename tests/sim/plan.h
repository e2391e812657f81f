#pragma once

#include <array>

#include "base/connection.h"
#include "tests/sim/sim_network.h"

namespace talkbeat::sim {

/// What is done to a simulation, again and again.
enum class Fault : uint8_t {
  kSlowHost,
  kLossyHost,
  kPartition,
  kOneWayPartition,
  kServerCutOff,
  kClientCutOff,
  kReset,
  kOutOfHandles,
  kSlowReader,
  kKillLoginServer,
  kStopLoginServer,
  kPauseLoginServer,
  kKillMsgServer,
  kVanishMsgServer,
  kDrainMsgServer,
  kPauseMsgServer,
  kKillClient,
  kVanishClient,
  kPauseClient,
  kLeave,
  kRivalLogin,
  kStallStore,
  kFailStore,
  kCrashAfterCommit,
  kCrashBeforeCommit,
  kJumpWallClock,
  kCount,
};

inline constexpr size_t kFaults = static_cast<size_t>(Fault::kCount);

/// Everything about a run that its seed decides beforehand. Swarm testing: each run has some kinds of faults and not
/// others, each as often as that run's seed says, so that no kind always hides what another one would show.
///
///   const Plan plan = Plan::of(seed);
struct Plan {
  static Plan of(uint64_t seed);

  size_t login_servers = 1;
  NetworkManners network;
  OutLimits out;
  std::array<Tick, kFaults> mean_interval{};  ///< 0: it does not happen
  double late_commits = 0;
  Tick commit_ms = 2;
  bool wrong_clocks = false;

  Tick pause_between_messages = 20'000;  ///< of each client, about
  double group_messages = 0.2;
  double long_messages = 0.05;
  double bursts = 0.01;
  double reads = 0.3;
};

/// When what happens in a run, in simulated milliseconds.
struct Schedule {
  static constexpr Tick kFaultsBegin = 20'000;
  static constexpr Tick kFaultsEnd = 430'000;  ///< everything is healed and brought up
  static constexpr Tick kWorkEnds = 450'000;
  static constexpr Tick kOneSessionInAll = 470'000;  ///< what was cut off is linked again within 35 s
  static constexpr Tick kAskPresence = 580'000;
  static constexpr Tick kEnd = 600'000;  ///< by now all has been delivered
};

}  // namespace talkbeat::sim
