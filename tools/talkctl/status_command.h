#pragma once

#include "tools/talkctl/cluster_files.h"

namespace talkbeat {

/// Asks every login_server and msg_server of the cluster how it is, over loopback, and prints that to stdout. True: all
/// of them answered, none is being drained, and every msg_server is registered with every login_server.
bool print_status(const ClusterFiles& files, bool json);

}  // namespace talkbeat
