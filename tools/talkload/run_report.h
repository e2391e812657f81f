#pragma once

#include <vector>

#include "tools/talkload/figures.h"
#include "tools/talkload/run_description.h"
#include "tools/talkload/server_probe.h"

namespace talkbeat::load {

/// All that a run found out: what the table, the JSON and the page are made of. Owned by the parent; the parts outlive
/// it.
struct RunReport {
  const RunDescription& run;
  const Outcome& outcome;
  const RunFigures& figures;
  const ServerProbe* servers = nullptr;  // none: the servers are elsewhere
  std::vector<ServerUse> use = {};       // of the measured part; with syscalls where they were counted
  double load_cpu_s = 0;                 // of the load processes themselves, in the measured part
  std::string syscall_tool = {};         // empty: not counted
};

}  // namespace talkbeat::load
