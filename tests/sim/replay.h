#pragma once

#include <cstdint>
#include <string>

namespace talkbeat::sim {

/// One seed for who looks for a mistake: runs it twice, the first time with a line an event in the file `trace`
/// (replaced; its directory is made; "-": stdout; empty: none), and tells on stdout what came of it: how often
/// everything happened, where the trace is and how it ends, and what was violated. A run that crashes leaves its trace
/// up to there. False: something was violated, or the file cannot be written.
///
///   return replay(4711, "build/sim/seed-4711.trace") ? 0 : 1;
bool replay(uint64_t seed, const std::string& trace);

}  // namespace talkbeat::sim
