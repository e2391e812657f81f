#include "msg_server/admin/api.h"

#include <sodium.h>

#include <array>
#include <utility>

#include "base/key_file.h"
#include "base/log.h"
#include "msg_server/admin/fields.h"

namespace talkbeat::admin {

namespace {

constexpr uint64_t kRefusalsLoggedPerSecond = 5;
constexpr std::string_view kBearer = "Bearer ";
constexpr const char* kKeyHint = "send the header Authorization: Bearer KEY, with what stands in DIR/admin.key";

std::string to_hex(const KeyBytes& key) {
  std::array<char, 2 * std::tuple_size_v<KeyBytes> + 1> text{};
  ::sodium_bin2hex(text.data(), text.size(), key.data(), key.size());
  return text.data();
}

const std::string* header(const HttpRequest& request, const char* name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? nullptr : &found->second;
}

bool is_json(const HttpRequest& request) {
  const std::string* type = header(request, "content-type");
  return type != nullptr && (*type == "application/json" || type->starts_with("application/json;"));
}

bool has_body(const HttpRequest& head) {
  const std::string* length = header(head, "content-length");
  return head.headers.contains("transfer-encoding") || (length != nullptr && *length != "0");
}

HttpResponse unauthorized() {
  HttpResponse response = refusal(401, "the administration's key is needed", kKeyHint);
  response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"talkbeat\"");
  return response;
}

}  // namespace

AdminApi::AdminApi(MsgServerParts& server, Metrics& metrics, const ClosedConnections& closed, ServerHooks hooks,
                   Answer answer)
    : server_(server),
      hooks_(std::move(hooks)),
      broadcasts_(server, metrics),
      parts_{server, closed, hooks_, broadcasts_, key_, std::move(answer)},
      log_limiter_(kRefusalsLoggedPerSecond),
      requests_(metrics.counter("talkbeat_admin_requests_total", "Requests to the administration API.",
                                {{"authorized", "yes"}})),
      unauthorized_(metrics.counter("talkbeat_admin_requests_total", "Requests to the administration API.",
                                    {{"authorized", "no"}})) {}

Status AdminApi::load_key() {
  const std::string& path = server_.config.admin.key_file;
  if (path.empty()) return {};
  const Result<KeyBytes> key = load_key_file(path, "admin key");
  if (!key.ok()) return Error{key.message()};
  key_ = to_hex(key.value());
  return {};
}

void AdminApi::log_refused(const HttpRequest& head, const Connection& asker, const char* why) {
  unauthorized_.add();
  const Tick now = server_.loop.now();
  if (!log_limiter_.allow(now)) return;
  if (const uint64_t count = log_limiter_.take_dropped(now)) log_warn("admin_refused_more", {{"count", count}});
  log_warn("admin_refused", {{"conn", asker.id()},
                             {"peer", asker.peer().to_string()},
                             {"request", head.method + " " + head.path},
                             {"why", why}});
}

// TeamTalk's calls may have the key in their body: their handlers look at it.
std::optional<HttpResponse> AdminApi::check_key(const HttpRequest& head, const Connection& asker) {
  if (key_.empty())
    return refusal(403, "there is no administration API", "set admin.key_file and start the server again");
  const std::string* given = header(head, "authorization");
  if (given == nullptr && head.path.starts_with("/query/")) return std::nullopt;
  if (given != nullptr && given->starts_with(kBearer) && same_bytes(given->substr(kBearer.size()), key_)) {
    return std::nullopt;
  }
  log_refused(head, asker, given == nullptr ? "no_key" : "wrong_key");
  return unauthorized();
}

std::optional<HttpResponse> AdminApi::check_body(const HttpRequest& head, const AdminRoute& route) const {
  if (!has_body(head)) return std::nullopt;
  const size_t max = server_.config.admin.max_body;
  if (const std::string* length = header(head, "content-length"); length != nullptr) {
    const auto bytes = parse_number(*length, UINT32_MAX);
    if (!bytes || *bytes > max) {
      return refusal(413, "the body is longer than " + std::to_string(max) + " bytes", "admin.max_body is the limit");
    }
  }
  if (!route.any_type && !is_json(head)) {
    return refusal(415, "the body has to be JSON", "send the header Content-Type: application/json (curl --json)");
  }
  return std::nullopt;
}

// Whoever binds the port to another address, for a monitoring system, has not given the administration away.
std::optional<HttpResponse> AdminApi::refuse(const HttpRequest& head, const Connection& asker) {
  if (!is_local(head, asker.peer().ip)) {
    log_refused(head, asker, "not_local");
    return refusal(403, "the administration API is for programs on this machine");
  }
  if (auto refused = check_key(head, asker)) return refused;
  const RouteMatch match = find_route(head.method, head.path);
  if (match.route != nullptr) return check_body(head, *match.route);
  if (match.allowed.empty()) return refusal(404, "no such page", "OPERATIONS.md has the table");
  HttpResponse response = refusal(405, head.method + " is not for this page", "it takes " + match.allowed);
  response.headers.emplace_back("Allow", match.allowed);
  return response;
}

HttpVerdict AdminApi::judge(const HttpRequest& head, const Connection& asker) {
  HttpVerdict verdict;
  verdict.refusal = refuse(head, asker);
  if (!verdict.refusal) verdict.max_body = server_.config.admin.max_body;
  return verdict;
}

std::optional<HttpResponse> AdminApi::handle(const HttpRequest& request, const Connection& asker) {
  RouteMatch match = find_route(request.method, request.path);
  if (match.route == nullptr) return http_error(404);
  const Reply reply(parts_, asker.id(), request);
  AdminCall call{parts_, request, std::move(match.id), reply};
  AdminResult result = match.route->handler(call);
  if (result && result->status == 401) {
    log_refused(request, asker, "app_key");  // of a body of TeamTalk's, that is
    return result;
  }
  requests_.add();
  if (result) reply.logged(*result);
  return result;
}

}  // namespace talkbeat::admin
