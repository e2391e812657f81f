#pragma once

#include <functional>

#include "base/closed_connections.h"
#include "base/http_port.h"
#include "base/metrics.h"
#include "msg_server/parts.h"

namespace talkbeat {

/// What a msg_server answers over HTTP, on loopback: GET /healthz, /readyz, /metrics and /api/why; POST
/// /api/end_sessions?user=ID and /api/drain, which talkctl uses. Owned by the MsgServer; the loop's thread only.
///
///   HttpPages pages(parts, metrics, close_log.closed(), {.health = …, .ready = …, .drain = …});
///   HttpPort http(connections, limits, [&](const HttpRequest& request, const Connection& connection) {
///     return pages.respond(request, connection); });
class MsgHttpPages {
 public:
  /// What the server itself has to say.
  struct Hooks {
    std::function<std::string()> health;  ///< JSON
    std::function<bool()> ready;
    std::function<void()> drain;  ///< begins to leave, as at SIGTERM; again changes nothing
  };

  MsgHttpPages(MsgServerParts& parts, Metrics& metrics, const ClosedConnections& closed, Hooks hooks);

  HttpResponse respond(const HttpRequest& request, const Connection& asker);

 private:
  HttpResponse show(const HttpRequest& request);
  HttpResponse act(const HttpRequest& request);
  HttpResponse end_sessions(const HttpRequest& request);

  MsgServerParts& parts_;
  Metrics& metrics_;
  const ClosedConnections& closed_;
  Hooks hooks_;
};

}  // namespace talkbeat
