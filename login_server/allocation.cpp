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

Allocation allocate(ServerRegistry& registry, Tick now, Tick handed_out_ttl_ms, const Wish& wish) {
  bool there_is_one = false;
  MsgServer* best = nullptr;
  registry.for_each([&](MsgServer& server) {
    server.forget_before(now - handed_out_ttl_ms);
    if (wish.tls && server.tls_port == 0) return;
    there_is_one = true;
    if (server.id == wish.except || !server.takes_clients()) return;
    if (best == nullptr || less_loaded(server, *best)) best = &server;
  });
  if (!there_is_one) return {AllocationResult::kNoServer, nullptr};
  if (best == nullptr) return {AllocationResult::kAllFull, nullptr};
  best->hand_out(now, wish.keep_place);
  return {AllocationResult::kAllocated, best};
}

}  // namespace talkbeat::login
