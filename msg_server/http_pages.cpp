#include "msg_server/http_pages.h"

#include <algorithm>
#include <array>
#include <utility>

namespace talkbeat {

namespace {

constexpr std::array<std::string_view, 3> kPages{"/healthz", "/readyz", "/metrics"};

}  // namespace

MsgHttpPages::MsgHttpPages(MsgServerParts& parts, Metrics& metrics, const ClosedConnections& closed,
                           admin::ServerHooks hooks, admin::AdminApi::Answer answer)
    : metrics_(metrics), hooks_(std::move(hooks)), api_(parts, metrics, closed, hooks_, std::move(answer)) {}

HttpVerdict MsgHttpPages::judge(const HttpRequest& head, const Connection& asker) {
  if (admin::AdminApi::is_api(head.path)) return api_.judge(head, asker);
  HttpVerdict verdict;
  if (std::ranges::find(kPages, head.path) == kPages.end()) {
    verdict.refusal = http_error(404);
  } else if (head.method != "GET" && head.method != "HEAD") {
    verdict.refusal = http_error(405);
    verdict.refusal->headers.emplace_back("Allow", "GET");
  }
  return verdict;
}

std::optional<HttpResponse> MsgHttpPages::respond(const HttpRequest& request, const Connection& asker) {
  if (admin::AdminApi::is_api(request.path)) return api_.handle(request, asker);
  if (request.path == "/healthz") return HttpResponse{200, "application/json", hooks_.health()};
  if (request.path == "/readyz") {
    return HttpResponse{hooks_.ready() ? 200 : 503, "application/json", hooks_.health()};
  }
  return HttpResponse{200, std::string(Metrics::kContentType), metrics_.render()};
}

}  // namespace talkbeat
