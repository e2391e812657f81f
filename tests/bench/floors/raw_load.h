#pragma once

#include <cstdint>

#include "tests/bench/floors/raw_server.h"

namespace talkbeat::bench {

/// What the floor is measured with. Relay, a closed loop: `links` / 2 pairs, each with `window` frames on the way from
/// its first to its second connection. Echo, an open loop: `rate` frames a second over all `links`, in turn; what is
/// due is sent each `slot_s`, as talkload does with its heartbeats. Visit, a closed loop: `links` connections at a
/// time, each of which sends one frame, has it back, and makes room for the next one.
struct RawLoad {
  RawKind kind = RawKind::kRelay;
  uint32_t links = 200;
  uint32_t window = 16;
  uint32_t size = 100;  ///< bytes of a frame, its header included
  double rate = 1'000;
  double slot_s = 0.1;
  double warm_up_s = 0.5;
  double duration_s = 3;
};

struct RawFigures {
  uint64_t frames = 0;
  double seconds = 0;
  double server_cpu_s = 0;
};

/// Loads the server that listens at `port` and is the process `server`. Ends the process with a message where that
/// cannot be.
RawFigures load_raw(const RawLoad& load, uint16_t port, int server);

}  // namespace talkbeat::bench
