#include "login_server/http_pages.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/why_page.h"

namespace talkbeat::login {

namespace {

// Keeps the order in which members are added: PROTOCOL.md shows it, and people read it.
using Json = nlohmann::ordered_json;

HttpResponse json_response(int status, const Json& json) {
  // What a msg_server said of itself may hold any bytes: those that are not UTF-8 are replaced.
  return {status, "application/json", json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"};
}

HttpResponse refusal(int status, const char* error) {
  return json_response(status, {{"error", error}});
}

// The numbers of PROTOCOL.md.
static_assert(static_cast<int>(AllocationResult::kAllocated) == 0 &&
              static_cast<int>(AllocationResult::kNoServer) == 1 && static_cast<int>(AllocationResult::kAllFull) == 2);

const char* message_of(AllocationResult result) {
  switch (result) {
    case AllocationResult::kAllocated:
      return "";
    case AllocationResult::kNoServer:
      return "no msg_server is running";
    case AllocationResult::kAllFull:
      return "all msg_servers are full or being stopped";
  }
  return "";
}

std::string hex(uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

double seconds(Tick milliseconds) {
  return static_cast<double>(milliseconds) / 1000.0;
}

Json describe_server(const MsgServer& server, const Connection* link, size_t sessions, Tick now) {
  Json json{{"name", server.name},
            {"epoch", hex(server.epoch)},
            {"ip1", server.ip1},
            {"ip2", server.ip2},
            {"port", server.port},
            {"http_port", server.http_port},
            {"link", link != nullptr ? link->peer().to_string() : ""},
            {"connections", server.connections},
            {"max_connections", server.max_connections},
            {"users", sessions},
            {"draining", server.draining},
            {"handed_out", server.handed_out.count()},
            {"age_seconds", seconds(now - server.registered_at)},
            {"silent_seconds", link != nullptr ? seconds(link->silent_for()) : 0.0}};
  json["message_sequence"] = server.message_sequence ? Json(*server.message_sequence) : Json(nullptr);
  return json;
}

}  // namespace

HttpPages::HttpPages(Cluster& cluster, Discovery& discovery, ConnectionTable& connections,
                     const ClosedConnections& closed, Metrics& metrics, const LoginServerConfig& config)
    : cluster_(cluster),
      discovery_(discovery),
      connections_(connections),
      closed_(closed),
      metrics_(metrics),
      config_(config),
      started_at_(connections.loop().now()) {}

HttpResponse HttpPages::respond(const HttpRequest& request, const Connection& asker) {
  const std::string& path = request.path;
  const bool known =
      path == "/msg_server" || path == "/healthz" || path == "/metrics" || path == "/api/cluster" || path == "/api/why";
  if (!known) return refusal(404, "no such page");
  if (request.method != "GET" && request.method != "HEAD") {
    HttpResponse response = refusal(405, "only GET is answered here");
    response.headers.emplace_back("Allow", "GET, HEAD");
    return response;
  }
  if (path == "/msg_server") return msg_server(asker);
  if (path == "/healthz") return healthz();
  if (path == "/metrics") return figures();
  if (path == "/api/why") return why(request, asker);
  return cluster_state();
}

HttpResponse HttpPages::msg_server(const Connection& asker) {
  const Directions directions = discovery_.direct(asker);
  const bool allocated = directions.result == AllocationResult::kAllocated;
  return json_response(200, {{"code", static_cast<int>(directions.result)},
                             {"msg", message_of(directions.result)},
                             {"priorIP", directions.prior_ip},
                             {"backupIP", directions.backup_ip},
                             {"msfsPrior", config_.client.msfs_prior},
                             {"msfsBackup", config_.client.msfs_backup},
                             {"discovery", config_.client.discovery},
                             {"port", allocated ? std::to_string(directions.port) : ""}});
}

HttpResponse HttpPages::healthz() const {
  return json_response(200, {{"status", "ok"},
                             {"name", config_.name},
                             {"version", TALKBEAT_VERSION},
                             {"uptime", seconds(connections_.loop().now() - started_at_)}});
}

HttpResponse HttpPages::figures() const {
  return {200, std::string(Metrics::kContentType), metrics_.render()};
}

// This port is open to all clients: whose connections there are is told to this machine only.
HttpResponse HttpPages::why(const HttpRequest& request, const Connection& asker) const {
  if (!is_local(request, asker.peer().ip)) return refusal(403, "only answered on the machine itself");
  return why_page(request, connections_, closed_);
}

HttpResponse HttpPages::cluster_state() const {
  const Tick now = connections_.loop().now();
  Json servers = Json::array();
  for (const auto& [id, server] : cluster_.registry().all()) {
    servers.push_back(
        describe_server(server, connections_.find(link_of(id)), cluster_.presence().sessions_of(id), now));
  }
  return json_response(200, {{"login_server", config_.name},
                             {"uptime", seconds(now - started_at_)},
                             {"users_online", cluster_.presence().users()},
                             {"sessions_online", cluster_.presence().sessions()},
                             {"servers", std::move(servers)}});
}

}  // namespace talkbeat::login
