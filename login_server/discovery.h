#pragma once

#include <string>
#include <vector>

#include "base/connection.h"
#include "base/metrics.h"
#include "login_server/allocation.h"
#include "login_server/config.h"

namespace talkbeat::login {

/// What a client is told when it asks for a msg_server.
struct Directions {
  AllocationResult result = AllocationResult::kNoServer;
  std::string prior_ip;  // these only where kAllocated
  std::string backup_ip;
  uint16_t port = 0;
};

/// Answers "which msg_server shall I use?", by whichever port it was asked. The loop's thread only.
///
///   const Directions directions = discovery.direct(connection);
class Discovery {
 public:
  Discovery(ServerRegistry& registry, Metrics& metrics, const AllocationSettings& settings);

  Directions direct(const Connection& asker);

 private:
  ServerRegistry& registry_;
  const AllocationSettings& settings_;
  std::vector<Counter> allocations_;  // by AllocationResult
};

}  // namespace talkbeat::login
