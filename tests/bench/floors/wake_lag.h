#pragma once

#include <cstdint>

namespace talkbeat::bench {

/// How late a thread runs that asks to be woken every few milliseconds and does next to nothing: what the scheduler,
/// and the host of a virtual machine, do to the loop of any server here. `beside` processes only compute meanwhile.
struct WakeLoad {
  uint32_t beside = 0;
  double every_s = 0.002;
  double duration_s = 3;
};

struct WakeFigures {
  uint64_t turns = 0;
  double p99_ms = 0;
  double worst_ms = 0;
};

WakeFigures measure_wake_lag(const WakeLoad& load);

}  // namespace talkbeat::bench
