#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tools/talkload/figures.h"
#include "tools/talkload/load_options.h"
#include "tools/talkload/run_description.h"

namespace talkbeat::load {

/// What the report is to call that which a scenario does.
Work work_of(ScenarioKind scenario);
/// The command line with all that counts, for the report.
RunDescription description_of(const LoadOptions& options, int argc, const char* const* argv);

/// What load processes and disturber have told, for the verdict.
struct RunWords {
  std::vector<std::string> findings = {};
  std::map<std::string, uint64_t> troubles = {};
  std::string failure = {};  // of a load process; empty: none
  uint32_t disturbances = 0;
  double load_cpu_s = 0;
  double interrupted_after_s = -1;          // of the load; less than 0: it was not
  std::vector<std::string> ended = {};      // servers that are gone at the end
  std::vector<std::string> restarted = {};  // and that somebody started anew meanwhile
};

/// The verdict over a run that came to its end. Pure.
Outcome judge_run(const LoadOptions& options, const RunFigures& figures, const RunWords& words);

}  // namespace talkbeat::load
