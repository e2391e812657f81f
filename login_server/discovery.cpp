#include "login_server/discovery.h"

#include <array>

#include "base/log.h"

namespace talkbeat::login {

namespace {

bool is_loopback(const std::string& ip) {
  return ip.starts_with("127.") || ip == "::1";
}

// A msg_server that does not say by which address it is reached is reached where its link comes from; and one on this
// machine by the address that has brought the client here.
std::string prior_ip(const MsgServer& server, const Connection& asker) {
  if (!server.ip1.empty()) return server.ip1;
  return is_loopback(server.link_ip) ? asker.local_address().ip : server.link_ip;
}

}  // namespace

Discovery::Discovery(ServerRegistry& registry, Metrics& metrics, const AllocationSettings& settings)
    : registry_(registry), settings_(settings) {
  std::array<std::string_view, kAllocationResults> results;
  for (size_t i = 0; i < results.size(); ++i) results[i] = to_string(static_cast<AllocationResult>(i));
  allocations_ = metrics.counters("talkbeat_allocations_total", "Clients that asked for a msg_server, by the answer.",
                                  "result", results);
}

Directions Discovery::direct(const Connection& asker) {
  const auto [result, server] = allocate(registry_, asker.now(), settings_.handed_out_ttl_ms);
  allocations_[static_cast<size_t>(result)].add();
  log_debug("msg_server_asked",
            {{"conn", asker.id()}, {"result", to_string(result)}, {"name", server ? server->name : std::string()}});
  if (server == nullptr) return {.result = result, .prior_ip = {}, .backup_ip = {}};
  const std::string prior = prior_ip(*server, asker);
  return {result, prior, server->ip2.empty() ? prior : server->ip2, server->port};
}

}  // namespace talkbeat::login
