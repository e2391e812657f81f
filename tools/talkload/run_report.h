#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/talkload/figures.h"
#include "tools/talkload/run_description.h"
#include "tools/talkload/server_probe.h"

namespace talkbeat::load {

/// All that a run found out: what the table, the JSON and the page are made of. Made by the parent at the end; what it
/// refers to outlives it.
struct RunReport {
  const RunDescription& run;
  const Outcome& outcome;
  const RunFigures& figures;
  const ServerProbe* servers = nullptr;  // none: the servers are elsewhere
  std::vector<ServerUse> use = {};       // of the measured part; with syscalls where they were counted
  double load_cpu_s = 0;                 // of the load processes themselves, in the measured part
  std::string syscall_tool = {};         // empty: not counted
  uint64_t work_while_counting = 0;      // how much was done while syscalls were counted
};

// What the three kinds of report say alike. Pure.

/// In the measured part: messages, say.
uint64_t work_done(const RunReport& report);
/// What the msg_servers have grown by since the first sample, for each connection that stands; 0: none does,
/// or they come and go (login, reconnect).
double rss_per_connection(const RunReport& report);
/// 0: not counted.
double syscalls_per_work(const RunReport& report);

}  // namespace talkbeat::load
