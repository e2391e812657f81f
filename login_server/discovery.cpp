#include "login_server/discovery.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/log.h"
#include "login_server/presence_feed.h"

namespace talkbeat::login {

namespace {

// A msg_server that does not say by which address it is reached is reached where its link comes from; and one on this
// machine by the address that has brought the client here.
std::string prior_ip(const MsgServer& server, const Connection& asker) {
  if (!server.ip1.empty()) return server.ip1;
  return is_loopback(server.link_ip) ? asker.local_address().ip : server.link_ip;
}

// Empty: both run on this machine, and nobody here knows by which address the asker's clients have reached it.
std::string place_ip(const MsgServer& server, const Connection& asker) {
  const bool both_here = is_loopback(server.link_ip) && is_loopback(asker.peer().ip);
  return server.ip1.empty() && both_here ? std::string() : prior_ip(server, asker);
}

TbPlace& place_on(const MsgServer& server, const Connection& asker, std::map<ServerId, TbPlace>& places) {
  const auto [found, is_new] = places.try_emplace(server.id);
  if (is_new) {
    found->second.set_ip(place_ip(server, asker));
    found->second.set_port(server.port);
    if (server.tls_port != 0) found->second.set_tls_port(server.tls_port);
    found->second.set_clients(0);
  }
  return found->second;
}

}  // namespace

Discovery::Discovery(ServerRegistry& registry, Metrics& metrics, const AllocationSettings& settings)
    : registry_(registry), settings_(settings) {
  std::array<std::string_view, kAllocationResults> results;
  for (size_t i = 0; i < results.size(); ++i) results[i] = to_string(static_cast<AllocationResult>(i));
  allocations_ = metrics.counters("talkbeat_allocations_total", "Clients that asked for a msg_server, by the answer.",
                                  "result", results);
  places_ = metrics.counters("talkbeat_places_total",
                             "Clients of msg_servers that are being drained, by whether another place was found.",
                             "result", results);
}

Directions Discovery::direct(const Connection& asker) {
  const Tick ttl = settings_.handed_out_ttl_ms;
  const bool keep = reservations_.take(asker.peer().ip, asker.now(), ttl, settings_.max_kept_per_address);
  const auto [result, server] =
      allocate(registry_, asker.now(), ttl, {.tls = asker.tls() != nullptr, .keep_place = keep});
  allocations_[static_cast<size_t>(result)].add();
  log_debug("msg_server_asked",
            {{"conn", asker.id()}, {"result", to_string(result)}, {"name", server ? server->name : std::string()}});
  if (server == nullptr) return {.result = result, .prior_ip = {}, .backup_ip = {}};
  const std::string prior = prior_ip(*server, asker);
  return {result, prior, server->ip2.empty() ? prior : server->ip2, server->port, server->tls_port};
}

TbPlacesRsp Discovery::places(const Connection& link, uint32_t clients) {
  std::map<ServerId, TbPlace> places;
  const uint32_t wanted = std::min(clients, kMaxPlaces);
  uint32_t found = 0;
  for (; found < wanted; ++found) {
    const auto [result, server] =
        allocate(registry_, link.now(), settings_.handed_out_ttl_ms, {.except = server_of(link)});
    if (server == nullptr) {
      places_[static_cast<size_t>(result)].add(wanted - found);
      break;
    }
    TbPlace& place = place_on(*server, link, places);
    place.set_clients(place.clients() + 1);
  }
  places_[static_cast<size_t>(AllocationResult::kAllocated)].add(found);
  log_debug("places_asked", {{"conn", link.id()}, {"clients", clients}, {"found", found}, {"servers", places.size()}});
  TbPlacesRsp answer;
  for (const auto& [id, place] : places) *answer.add_places() = place;
  return answer;
}

}  // namespace talkbeat::login
