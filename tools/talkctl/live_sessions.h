#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "msg_server/store/records.h"
#include "tools/talkctl/cluster_files.h"

namespace talkbeat {

/// What became of a user's live sessions.
struct EndedSessions {
  struct Untold {
    std::string server;
    std::string why;
  };
  size_t sessions = 0;            ///< that have been ended
  std::vector<std::string> told;  ///< the msg_servers that have ended what they had
  std::vector<Untold> untold;     ///< the ones that may run and still have some
};

/// Has every msg_server of the cluster end the user's sessions: after a change of the account has been committed, so
/// that nobody comes back with what was valid before. Left out is only one that certainly does not run: nobody listens,
/// and start.sh has noted none. Fails, without asking any, where the administration's key cannot be read. Blocks, for
/// some seconds where a server hangs.
Result<EndedSessions> end_sessions(const ClusterFiles& files, UserId user);

}  // namespace talkbeat
