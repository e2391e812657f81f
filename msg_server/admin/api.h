#pragma once

#include <optional>
#include <string>

#include "base/http_port.h"
#include "base/log_limiter.h"
#include "base/metrics.h"
#include "msg_server/admin/call.h"
#include "msg_server/admin/routes.h"

namespace talkbeat::admin {

/// The administration API: everything under /api/ and /query/ of a msg_server's HTTP port (OPERATIONS.md has the
/// table). Asked for on this machine only, and with the key of admin.key_file. Owned by the MsgServer; the loop's
/// thread.
///
///   AdminApi api(parts, metrics, closed, hooks, [&](ConnId id, const HttpResponse& r) { http.answer(id, r); });
///   if (Status status = api.load_key(); !status.ok()) return status;
///   HttpVerdict verdict = api.judge(head, connection);           // who asks, and for what
///   auto answer = api.handle(request, connection);  // nothing: it comes by the callback
class AdminApi {
 public:
  using Answer = std::function<void(ConnId, const HttpResponse&)>;

  AdminApi(MsgServerParts& server, Metrics& metrics, const ClosedConnections& closed, ServerHooks hooks, Answer answer);

  /// The key that admin.key_file holds; without one, every request is refused.
  Status load_key();

  static bool is_api(std::string_view path) { return path.starts_with("/api/") || path.starts_with("/query/"); }
  /// By the head alone: 401, 403, 404, 405, 413, 415, or how long the body may be.
  HttpVerdict judge(const HttpRequest& head, const Connection& asker);
  /// Of a request that judge() has let through.
  std::optional<HttpResponse> handle(const HttpRequest& request, const Connection& asker);

 private:
  std::optional<HttpResponse> refuse(const HttpRequest& head, const Connection& asker);
  std::optional<HttpResponse> check_key(const HttpRequest& head, const Connection& asker);
  std::optional<HttpResponse> check_body(const HttpRequest& head, const AdminRoute& route) const;
  void log_refused(const HttpRequest& head, const Connection& asker, const char* why);

  MsgServerParts& server_;
  ServerHooks hooks_;
  std::string key_;
  Broadcasts broadcasts_;
  AdminParts parts_;
  LogLimiter log_limiter_;
  Counter requests_;
  Counter unauthorized_;
};

}  // namespace talkbeat::admin
