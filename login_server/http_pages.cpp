#include "login_server/http_pages.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json_text.h"
#include "base/why_page.h"

namespace talkbeat::login {

namespace {

// Keeps the order in which members are added: PROTOCOL.md shows it, and people read it.
using Json = nlohmann::ordered_json;

HttpResponse json_response(int status, const Json& json) {
  // What a msg_server said of itself may hold any bytes: those that are not UTF-8 are replaced.
  return {status, "application/json", json_text(json) + "\n"};
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
            {"tls_port", server.tls_port},
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

HttpPages::HttpPages(Cluster& cluster, Discovery& discovery, ImageService& images, ConnectionTable& connections,
                     const ClosedConnections& closed, Metrics& metrics, const LoginServerConfig& config)
    : cluster_(cluster),
      discovery_(discovery),
      images_(images),
      connections_(connections),
      closed_(closed),
      metrics_(metrics),
      config_(config),
      started_at_(connections.loop().now()) {}

bool HttpPages::is_upload(const HttpRequest& request) const {
  return images_.on() && request.path == "/" && request.method == "POST";
}

bool HttpPages::is_image(const HttpRequest& request) const {
  return images_.on() && request.path.starts_with("/g0/");
}

// This port is open to all clients: whose connections there are is told to this machine only, and so is how large the
// cluster is, unless the settings say otherwise.
bool HttpPages::may_ask(const HttpRequest& head, const Connection& asker) const {
  const bool is_status = head.path == "/metrics" || head.path == "/api/cluster";
  if (head.path != "/api/why" && (!is_status || config_.client.status_for_all)) return true;
  return is_local(head, asker.peer().ip);
}

std::optional<HttpResponse> HttpPages::refuse(const HttpRequest& head, const Connection& asker) const {
  constexpr std::array<std::string_view, 5> kPages{"/msg_server", "/healthz", "/metrics", "/api/cluster", "/api/why"};
  if (std::ranges::find(kPages, head.path) == kPages.end() && !is_image(head)) return refusal(404, "no such page");
  if (!may_ask(head, asker)) return refusal(403, "only answered on the machine itself");
  if (head.method == "GET" || head.method == "HEAD") return std::nullopt;
  HttpResponse response = refusal(405, "only GET is answered here");
  response.headers.emplace_back("Allow", "GET, HEAD");
  return response;
}

HttpVerdict HttpPages::judge(const HttpRequest& head, const Connection& asker) {
  if (is_upload(head)) return images_.judge(head, asker);
  return {.refusal = refuse(head, asker), .max_body = 0};
}

std::optional<HttpResponse> HttpPages::respond(HttpRequest&& request, const Connection& asker) {
  const std::string& path = request.path;
  if (is_upload(request)) return images_.upload(std::move(request), asker);
  if (is_image(request)) return images_.fetch(request, asker);
  if (path == "/msg_server") return msg_server(request, asker);
  if (path == "/healthz") return healthz();
  if (path == "/metrics") return figures();
  if (path == "/api/why") return why(request);
  return cluster_state();
}

HttpResponse HttpPages::msg_server(const HttpRequest& request, const Connection& asker) {
  const Directions directions = discovery_.direct(asker);
  const bool allocated = directions.result == AllocationResult::kAllocated;
  const ClientPortSettings& told = config_.client;
  const bool ours = told.msfs_prior.empty() && images_.on();
  const std::string msfs_prior = ours ? images_.address(request, asker) : told.msfs_prior;
  Json json{{"code", static_cast<int>(directions.result)},
            {"msg", message_of(directions.result)},
            {"priorIP", directions.prior_ip},
            {"backupIP", directions.backup_ip},
            {"msfsPrior", msfs_prior},
            {"msfsBackup", told.msfs_backup.empty() ? msfs_prior : told.msfs_backup},
            {"discovery", told.discovery},
            {"port", allocated ? std::to_string(directions.port) : ""}};
  if (directions.tls_port != 0) json["tlsPort"] = std::to_string(directions.tls_port);
  return json_response(200, json);
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

HttpResponse HttpPages::why(const HttpRequest& request) const {
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
