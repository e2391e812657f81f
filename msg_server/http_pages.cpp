#include "msg_server/http_pages.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "base/why_page.h"
#include "msg_server/sessions.h"

namespace talkbeat {

namespace {

HttpResponse json_answer(int status, const nlohmann::ordered_json& json) {
  return {status, "application/json", json.dump() + "\n"};
}

}  // namespace

MsgHttpPages::MsgHttpPages(MsgServerParts& parts, Metrics& metrics, const ClosedConnections& closed, Hooks hooks)
    : parts_(parts), metrics_(metrics), closed_(closed), hooks_(std::move(hooks)) {}

// Whoever binds the port to another address, for a monitoring system, has not given the administration away.
HttpResponse MsgHttpPages::respond(const HttpRequest& request, const Connection& asker) {
  if (request.path.starts_with("/api/") && !is_local(request, asker.peer().ip)) return http_error(403);
  if (request.method == "GET" || request.method == "HEAD") return get(request);
  if (request.method == "POST") return post(request);
  return http_error(405);
}

HttpResponse MsgHttpPages::get(const HttpRequest& request) {
  if (request.path == "/healthz") return {200, "application/json", hooks_.health()};
  if (request.path == "/readyz") return {hooks_.ready() ? 200 : 503, "application/json", hooks_.health()};
  if (request.path == "/metrics") return {200, std::string(Metrics::kContentType), metrics_.render()};
  if (request.path == "/api/why") return why_page(request, parts_.connections, closed_);
  if (request.path == "/api/end_sessions" || request.path == "/api/drain") return http_error(405);
  return http_error(404);
}

HttpResponse MsgHttpPages::post(const HttpRequest& request) {
  if (request.path == "/api/end_sessions") return end_sessions(request);
  if (request.path == "/api/drain") {
    hooks_.drain();
    return json_answer(200, {{"draining", true}});
  }
  return http_error(404);
}

HttpResponse MsgHttpPages::end_sessions(const HttpRequest& request) {
  const auto user = request.query.find("user");
  UserId id = 0;
  if (user != request.query.end()) {
    const std::string& text = user->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc() || end != text.data() + text.size()) id = 0;
  }
  if (id == 0) return json_answer(400, {{"error", "?user=ID is needed, a number"}});
  const size_t ended = parts_.sessions.end_all(id, CloseReason::kRevoked);
  log_info("sessions_ended", {{"user", id}, {"ended", ended}});
  return json_answer(200, {{"ended", ended}});
}

}  // namespace talkbeat
