#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace talkbeat::sim {

/// What can happen in a simulation and is counted: what was done to it, and what came of it. None may be 0 over a
/// thousand seeds, or the simulation proves less than it seems to.
enum class Happening : uint8_t {
  // faults
  kShortRead,
  kShortWrite,
  kSplitPiece,
  kSlowHost,
  kLossyHost,
  kRetransmission,
  kPartition,
  kOneWayPartition,
  kHostCutOff,
  kReset,
  kConnectRefused,
  kResetInBacklog,
  kOutOfHandles,
  kSlowReader,
  kLoginServerKilled,
  kLoginServerStopped,
  kLoginServerPaused,
  kMsgServerKilled,
  kMsgServerVanished,
  kMsgServerDrained,
  kMsgServerPaused,
  kClientKilled,
  kClientVanished,
  kClientPaused,
  kClientLeft,
  kRivalLogin,
  kStoreStalled,
  kStoreFailed,
  kCommitBeforeCrash,
  kCrashBeforeCommit,
  kWallClockJump,
  // events
  kConnected,
  kWindowFull,
  kUserTimeout,
  kSentSingle,
  kSentGroup,
  kAcked,
  kStored,
  kShown,
  kShownOfOtherDevice,
  kMarkedRead,
  kSynced,
  kReconnected,
  kMoved,
  kKicked,
  kSlowConsumerClosed,
  kSlowLinkClosed,
  kSilentClosed,
  kPresenceChecked,
  kCount,
};

inline constexpr size_t kHappenings = static_cast<size_t>(Happening::kCount);

/// "short read", …
std::string_view to_string(Happening happening);

/// How often each happened, in one run or in many.
///
///   tally.add(Happening::kReset);
///   std::puts(tally.table().c_str());
class Tally {
 public:
  void add(Happening happening, uint64_t count = 1) { counts_[static_cast<size_t>(happening)] += count; }
  uint64_t of(Happening happening) const { return counts_[static_cast<size_t>(happening)]; }
  void add(const Tally& other) {
    for (size_t i = 0; i < kHappenings; ++i) counts_[i] += other.counts_[i];
  }
  /// Three columns of them.
  std::string table() const;

 private:
  std::array<uint64_t, kHappenings> counts_{};
};

}  // namespace talkbeat::sim
