#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/clock.h"

namespace talkbeat {

/// What can happen to a connection's liveness.
enum class LivenessEvent : uint8_t {
  kHandshakeDone,  ///< logged in or authenticated; value: ms after it was accepted
  kHeartbeatIn,    ///< value: ms since the one before that was not asked for; 0 for the first
  kHeartbeatOut,   ///< value: ms that it came late
  kProbe,          ///< we asked whether the peer is there; value: ms of silence before
  kProbeAnswered,  ///< value: ms until something came
  kStrike,         ///< a heartbeat came too early; value: ms since the one before
  kSpared,         ///< taken for dead, but bytes were waiting to be read; value: ms of silence
  kToldToLeave,    ///< asked to go before it is closed; value: ms that it has for that
  kStall,          ///< this process stood still; value: ms
};

/// "heartbeat_in", "strike", …
const char* to_string(LivenessEvent event);

/// One event, or a run of heartbeats: then `at` is the last one's, and `value` the largest.
struct LivenessRecord {
  Tick at = 0;
  uint32_t value = 0;
  uint16_t count = 1;
  LivenessEvent event{};
};

/// The last 32 liveness events of one connection: what an operator wants to know when it is gone (OPERATIONS.md, rule
/// 8). Heartbeats that follow each other count as one event, so a thousand of them do not push out the one strike
/// before them, and a healthy connection, which has two events, needs no memory but the recorder itself. A pure core.
///
///   recorder.note(LivenessEvent::kProbe, now, silence);
///   for (const LivenessRecord& record : recorder.records()) …  // oldest first
class FlightRecorder {
 public:
  void note(LivenessEvent event, Tick at, Tick value);
  /// Valid until the next note().
  std::span<const LivenessRecord> records() const;

  static constexpr size_t kCapacity = 32;

 private:
  std::span<LivenessRecord> kept();
  LivenessRecord* run_of(LivenessEvent event);

  std::array<LivenessRecord, 2> first_{LivenessRecord{.count = 0}, LivenessRecord{.count = 0}};  // count 0: free
  std::unique_ptr<std::vector<LivenessRecord>> all_;                                             // once there are more
};

}  // namespace talkbeat
