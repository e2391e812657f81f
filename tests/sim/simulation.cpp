#include "tests/sim/simulation.h"

#include <algorithm>

#include "tests/sim/faults.h"
#include "tests/sim/state_check.h"
#include "tests/sim/work.h"

namespace talkbeat::sim {

namespace {

/// All parts of one run, in the order in which they need each other.
class Simulation {
 public:
  Simulation(uint64_t seed, std::FILE* trace)
      : plan_(Plan::of(seed)),
        seeds_(seed),
        trace_(scheduler_, trace),
        check_([this](const std::string& what, const std::string& detail) { violate(what, detail); }, outcome_.tally),
        cluster_(scheduler_, plan_, seeds_.draw(), trace_, outcome_.tally, check_,
                 [this](const std::string& what, const std::string& detail) { violate(what, detail); }),
        faults_(scheduler_, cluster_, plan_, seeds_.draw(), trace_, outcome_.tally),
        work_(scheduler_, cluster_, plan_, seeds_.draw()),
        states_(scheduler_, cluster_, check_, outcome_.tally,
                [this](const std::string& what, const std::string& detail) { violate(what, detail); }) {
    outcome_.seed = seed;
  }

  Outcome run() {
    cluster_.start();
    work_.begin();
    faults_.begin();
    states_.begin();
    scheduler_.run_until(Schedule::kEnd);
    if (outcome_.ok()) states_.check_end();
    cluster_.count_all();
    outcome_.hash = trace_.hash();
    outcome_.steps = scheduler_.steps();
    return outcome_;
  }

 private:
  // The first one stands: what follows may follow from it.
  void violate(const std::string& what, const std::string& detail) {
    trace_.say("VIOLATION", Trace::kNoHost, what + ": " + detail);
    if (!outcome_.ok()) return;
    outcome_.violated = what;
    outcome_.detail = detail;
    outcome_.at_ms = scheduler_.now();
    scheduler_.stop();
  }

  Outcome outcome_;
  const Plan plan_;
  SimRng seeds_;
  Scheduler scheduler_;
  Trace trace_;
  MessageCheck check_;
  SimCluster cluster_;
  Faults faults_;
  Work work_;
  StateCheck states_;
};

}  // namespace

Outcome simulate(uint64_t seed, std::FILE* trace) {
  return Simulation(seed, trace).run();
}

Outcome simulate_twice(uint64_t seed) {
  const Outcome outcome = simulate(seed);
  return outcome.ok() ? compared(outcome, simulate(seed)) : outcome;
}

Outcome compared(Outcome outcome, const Outcome& again) {
  if (again.hash == outcome.hash) return outcome;
  outcome.detail = std::to_string(outcome.steps) + " and " + std::to_string(again.steps) + " steps" +
                   (outcome.ok() ? "" : "; the first one ended with: " + outcome.violated + ": " + outcome.detail);
  outcome.violated = "two runs of one seed differ";
  return outcome;
}

std::string report_of(const Outcome& outcome) {
  char when[32];
  std::snprintf(when, sizeof when, "%.3f", static_cast<double>(outcome.at_ms) / 1000);
  const std::string seed = std::to_string(outcome.seed);
  return "FAILED: seed " + seed + " at " + when + " s: " + outcome.violated + ": " + outcome.detail +
         "\n  replay, with a trace: make sim SEED=" + seed + "\n";
}

}  // namespace talkbeat::sim
