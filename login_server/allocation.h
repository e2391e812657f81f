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

/// What is asked for.
struct Wish {
  ServerId except = ServerId::kNone;  ///< never chosen: the one whose clients look for another place
  bool tls = false;                   ///< only those with a TLS port: the others do not count as servers at all
  /// Until the client has come, its place is nobody else's; else it is only expected, and a server that looks full for
  /// it still takes others.
  bool keep_place = true;
};

/// Chooses the msg_server for a client, and counts it there as handed out: the one with the smallest part of its
/// capacity in use, of those that are neither full nor draining. So servers of unequal size fill up alike, and a burst
/// between two load reports is spread as evenly as a trickle. A pure core: time is passed in.
///
///   const Allocation allocation = allocate(registry, now, 10'000);
///   if (allocation.server != nullptr) answer(allocation.server->port);
Allocation allocate(ServerRegistry& registry, Tick now, Tick handed_out_ttl_ms, const Wish& wish = {});

}  // namespace talkbeat::login
