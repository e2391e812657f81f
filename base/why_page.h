#pragma once

#include "base/closed_connections.h"
#include "base/connection_table.h"
#include "base/http_request.h"
#include "base/http_response.h"

namespace talkbeat {

/// GET /api/why?who=NAME&address=IP: what is known of the connections of that user or server (`who`), or from that
/// address, as JSON: those that are open, and those that are gone and still on record, the newest first; of each when
/// it began and ended, why, how long nothing had come, and its last liveness events. Without any of the two: of all.
/// `limit` (default 20, at most 1,000) of each kind. Times are Unix milliseconds. The loop's thread; looks at every
/// connection once.
///
///   return why_page(request, connections, close_log.closed());
HttpResponse why_page(const HttpRequest& request, ConnectionTable& connections, const ClosedConnections& closed);

}  // namespace talkbeat
