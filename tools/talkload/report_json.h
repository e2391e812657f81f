#pragma once

#include <string>

#include "base/status.h"
#include "tools/talkload/run_report.h"

namespace talkbeat::load {

/// The figures of a run for programs: one object, whose keys end in their unit (_s, _ms, _bytes, _per_s). Keys are
/// added, never changed, while "format" stays the same. Pure.
std::string report_json(const RunReport& report);

/// Whether write_report() will do, so that a long run does not end in nothing. Nothing is left behind. "" and "-" do.
Status can_write_report(const std::string& path);
/// To a file, or to stdout for "-". Fails where it cannot be written; a file is there wholly or not at all.
///
///   Status status = write_report(path, report_json(report));
Status write_report(const std::string& path, const std::string& text);

}  // namespace talkbeat::load
