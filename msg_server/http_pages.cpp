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
  const bool post = request.method == "POST";
  const bool get = request.method == "GET" || request.method == "HEAD";
  const std::string& path = request.path;
  const bool is_action = path == "/api/end_sessions" || path == "/api/drain";
  const bool is_page = path == "/healthz" || path == "/readyz" || path == "/metrics" || path == "/api/why";
  if (!is_action && !is_page) return http_error(404);
  if (is_action ? !post : !get) return http_error(405);
  if (path.starts_with("/api/") && !is_local(request, asker.peer().ip)) return http_error(403);
  return is_action ? act(request) : show(request);
}

HttpResponse MsgHttpPages::show(const HttpRequest& request) {
  if (request.path == "/healthz") return {200, "application/json", hooks_.health()};
  if (request.path == "/readyz") return {hooks_.ready() ? 200 : 503, "application/json", hooks_.health()};
  if (request.path == "/metrics") return {200, std::string(Metrics::kContentType), metrics_.render()};
  return why_page(request, parts_.connections, closed_);
}

HttpResponse MsgHttpPages::act(const HttpRequest& request) {
  if (request.path == "/api/end_sessions") return end_sessions(request);
  hooks_.drain();
  return json_answer(200, {{"draining", true}});
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
