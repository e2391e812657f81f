#pragma once

#include <string>

#include "tools/talkload/run_report.h"

namespace talkbeat::load {

/// The figures of a run as one page that needs nothing else: no network, no scripts, plots as inline SVG, light and
/// dark as the reader's system has it. Well-formed XML as well, so that any tool can check it. Pure.
///
///   Status status = write_report("report.html", report_html(report));
std::string report_html(const RunReport& report);

}  // namespace talkbeat::load
