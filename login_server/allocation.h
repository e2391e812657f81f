#pragma once

#include "login_server/server_registry.h"

namespace talkbeat::login {

enum class AllocationResult : uint8_t { kAllocated, kNoServer, kAllFull };
inline constexpr int kAllocationResults = static_cast<int>(AllocationResult::kAllFull) + 1;

/// "allocated", "no_msg_server", "all_full": in the log and as the metric's label.
const char* to_string(AllocationResult result);

struct Allocation {
  AllocationResult result = AllocationResult::kNoServer;
  MsgServer* server = nullptr;  ///< where kAllocated
};

/// Chooses the msg_server for a client, and counts it there as handed out: the one with the smallest part of its
/// capacity in use, of those that are neither full nor draining. So servers of unequal size fill up alike, and a burst
/// between two load reports is spread as evenly as a trickle. A pure core: time is passed in.
///
///   const Allocation allocation = allocate(registry, now, 10'000);
///   if (allocation.server != nullptr) answer(allocation.server->port);
/// `except` is never chosen: the one whose clients look for another place. `keep_place`: until the client has come, its
/// place is nobody else's; else it is only expected, and a server that looks full for it still takes others.
Allocation allocate(ServerRegistry& registry, Tick now, Tick handed_out_ttl_ms, ServerId except = ServerId::kNone,
                    bool keep_place = true);

}  // namespace talkbeat::login
