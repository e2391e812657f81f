#include "login_server/allocation.h"

#include "base/check.h"

namespace talkbeat::login {

namespace {

// Compared crosswise, which is exact: both factors are 32-bit numbers, or nearly so.
bool less_loaded(const MsgServer& left, const MsgServer& right) {
  const uint64_t left_load = left.expected_connections() * right.max_connections;
  const uint64_t right_load = right.expected_connections() * left.max_connections;
  if (left_load != right_load) return left_load < right_load;
  return left.max_connections > right.max_connections;
}

}  // namespace

const char* to_string(AllocationResult result) {
  switch (result) {
    case AllocationResult::kAllocated:
      return "allocated";
    case AllocationResult::kNoServer:
      return "no_msg_server";
    case AllocationResult::kAllFull:
      return "all_full";
  }
  CHECK(false);
}

Allocation allocate(ServerRegistry& registry, Tick now, Tick handed_out_ttl_ms, ServerId except, bool keep_place) {
  if (registry.size() == 0) return {AllocationResult::kNoServer, nullptr};
  MsgServer* best = nullptr;
  registry.for_each([&](MsgServer& server) {
    server.forget_before(now - handed_out_ttl_ms);
    if (server.id == except || !server.takes_clients()) return;
    if (best == nullptr || less_loaded(server, *best)) best = &server;
  });
  if (best == nullptr) return {AllocationResult::kAllFull, nullptr};
  best->hand_out(now, keep_place);
  return {AllocationResult::kAllocated, best};
}

}  // namespace talkbeat::login
