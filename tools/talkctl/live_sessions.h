#pragma once

#include <string>
#include <vector>

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
  std::vector<Untold> untold;     ///< the ones that run and may still have some
};

/// Has every msg_server of the cluster that runs end the user's sessions: after a change of the account has been
/// committed, so that nobody comes back with what was valid before. Blocks, for some seconds where a server hangs.
EndedSessions end_sessions(const ClusterFiles& files, UserId user);

}  // namespace talkbeat
