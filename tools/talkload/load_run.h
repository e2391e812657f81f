#pragma once

#include "tools/talkload/load_options.h"

namespace talkbeat::load {

/// One run from the looking up of the cluster to the reports; returns the exit code. The parent process's thread;
/// `argc` and `argv` are for the report only.
int run_load(const LoadOptions& options, int argc, const char* const* argv);

}  // namespace talkbeat::load
