#pragma once

#include <optional>

#include "base/http_port.h"
#include "base/metrics.h"
#include "msg_server/admin/api.h"

namespace talkbeat {

/// What a msg_server answers over HTTP: GET /healthz, /readyz and /metrics to everybody who reaches the port, and the
/// administration API to whoever has its key. Owned by the MsgServer; the loop's thread only.
///
///   MsgHttpPages pages(parts, metrics, close_log.closed(), hooks, [&](ConnId id, const auto& r) { http.answer(id, r);
///   }); HttpPort http(connections, limits,
///                 [&](HttpRequest&& request, const Connection& asker) { return pages.respond(request, asker); },
///                 [&](const HttpRequest& head, const Connection& asker) { return pages.judge(head, asker); });
class MsgHttpPages {
 public:
  MsgHttpPages(MsgServerParts& parts, Metrics& metrics, const ClosedConnections& closed, admin::ServerHooks hooks,
               admin::AdminApi::Answer answer);

  /// Reads the administration's key.
  Status start() { return api_.load_key(); }

  HttpVerdict judge(const HttpRequest& head, const Connection& asker);
  /// Of a request that judge() has let through. Nothing: the answer comes later.
  std::optional<HttpResponse> respond(const HttpRequest& request, const Connection& asker);

 private:
  Metrics& metrics_;
  admin::ServerHooks hooks_;
  admin::AdminApi api_;
};

}  // namespace talkbeat
