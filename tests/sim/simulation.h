#pragma once

#include <cstdio>
#include <string>

#include "tests/sim/tally.h"

namespace talkbeat::sim {

/// What a run of one seed came to.
struct Outcome {
  uint64_t seed = 0;
  uint64_t hash = 0;     ///< of everything that happened
  uint64_t steps = 0;    ///< events of the scheduler
  std::string violated;  ///< empty: every promise was kept
  std::string detail;
  int64_t at_ms = 0;  ///< of the violation
  Tally tally;

  bool ok() const { return violated.empty(); }
};

/// A whole cluster with 50 clients for ten simulated minutes, in this thread: work, faults, healing, and checks, all
/// decided by the seed. `trace`: a file that gets a line an event. Ends at the first violation.
///
///   const Outcome outcome = simulate(4711);
///   if (!outcome.ok()) std::puts(outcome.violated.c_str());
Outcome simulate(uint64_t seed, std::FILE* trace = nullptr);

/// The same, and once more where all was well: that the second run goes another way is a violation, too.
Outcome simulate_twice(uint64_t seed);

/// The first run's outcome; where the second one of its seed went another way, that is what was violated.
Outcome compared(Outcome outcome, const Outcome& again);

/// For people: what was violated, when, and how to see it again.
std::string report_of(const Outcome& outcome);

}  // namespace talkbeat::sim
