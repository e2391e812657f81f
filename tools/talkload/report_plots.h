#pragma once

#include <vector>

#include "tools/talkload/run_report.h"
#include "tools/talkload/svg_plot.h"

namespace talkbeat::load {

// A run's figures as lines over its time. Pure.

/// Rate, latencies, and what went wrong where anything did.
std::vector<Plot> client_plots(const RunReport& report);

/// CPU and memory of each server, or of all of one kind together where there are many; memory of the machine's sockets.
/// None where the servers are elsewhere.
std::vector<Plot> server_plots(const RunReport& report);

}  // namespace talkbeat::load
