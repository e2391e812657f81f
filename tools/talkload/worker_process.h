#pragma once

#include "tools/talkload/cluster_access.h"
#include "tools/talkload/load_options.h"
#include "tools/talkload/process_channel.h"
#include "tools/talkload/scenario.h"

namespace talkbeat::load {

/// A load process from its fork to its end: one event loop with its part of the clients. Brings them online, waits for
/// the parent's word, runs the scenario, tells a sample each second, waits for stragglers, judges. Returns when all is
/// told, or when the parent has gone.
///
///   if (::fork() == 0) { run_worker(options, access, share, std::move(channel)); ::_exit(0); }
void run_worker(const LoadOptions& options, const ClusterAccess& access, const ProcessShare& share,
                ProcessChannel channel);

}  // namespace talkbeat::load
