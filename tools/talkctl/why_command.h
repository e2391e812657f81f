#pragma once

#include <string>

#include "tools/talkctl/cluster_files.h"

namespace talkbeat {

/// talkctl why USER|ADDRESS: asks every server that runs what it knows of that user's connections (or a server's by its
/// name, or all from an address), and tells it as a story: what is open, what has ended, why, what had happened before,
/// and what that means. Blocks for at most some seconds. False: some server did not answer, which was said on stderr.
///
///   const bool complete = print_why(files, "alice", 5, json);
bool print_why(const ClusterFiles& files, const std::string& whom, int limit, bool json);

}  // namespace talkbeat
