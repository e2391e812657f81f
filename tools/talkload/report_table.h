#pragma once

#include <string>

#include "tools/talkload/run_report.h"

namespace talkbeat::load {

/// The figures of a run for a person: verdict, rates, latencies, what the servers used. Colours only if told so. Pure.
///
///   std::cout << report_table(report, Style::for_terminal().coloured());
std::string report_table(const RunReport& report, bool coloured);

}  // namespace talkbeat::load
