#pragma once

#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "tools/talkctl/cluster_files.h"

namespace talkbeat {

struct DrainOptions {
  std::string server;   ///< "msg_server_0"
  bool wait = true;     ///< until it has left
  Tick timeout_ms = 0;  ///< 0: what the server says it may take, and some more
  bool json = false;
};

/// Has a msg_server leave in good order, as SIGTERM does, and shows on stdout how many clients are left until its
/// process has gone: one line that is written again and again on a terminal, else a line each 5 seconds; or one JSON
/// value at the end. Fails with one line where there is no such server, or it has not left in time: one that has
/// stopped answering has not left while its port takes connections.
Status drain_server(const ClusterFiles& files, const DrainOptions& options);

}  // namespace talkbeat
