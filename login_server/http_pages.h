#pragma once

#include "base/closed_connections.h"
#include "base/http_port.h"
#include "login_server/cluster.h"
#include "login_server/discovery.h"
#include "login_server/image_service.h"

namespace talkbeat::login {

/// What login_server serves over HTTP: GET /msg_server and the images for clients, /healthz, /metrics, /api/cluster and
/// /api/why for operators. Owned by the LoginServer; the loop's thread only.
///
///   HttpPages pages(cluster, discovery, images, connections, close_log.closed(), metrics, config);
///   HttpPort http(connections, limits,
///                 [&](HttpRequest&& request, const Connection& c) { return pages.respond(std::move(request), c); },
///                 [&](const HttpRequest& head, const Connection& c) { return pages.judge(head, c); });
class HttpPages {
 public:
  HttpPages(Cluster& cluster, Discovery& discovery, ImageService& images, ConnectionTable& connections,
            const ClosedConnections& closed, Metrics& metrics, const LoginServerConfig& config);

  /// Whether there is such a page, and what may come as the body of the request.
  HttpVerdict judge(const HttpRequest& head, const Connection& asker);
  /// Of a request that judge() has let pass. nullopt: the answer comes later, by the port.
  std::optional<HttpResponse> respond(HttpRequest&& request, const Connection& asker);

 private:
  bool is_upload(const HttpRequest& request) const;
  bool is_image(const HttpRequest& request) const;
  std::optional<HttpResponse> refuse(const HttpRequest& head, const Connection& asker) const;
  HttpResponse msg_server(const HttpRequest& request, const Connection& asker);
  HttpResponse healthz() const;
  HttpResponse figures() const;
  HttpResponse why(const HttpRequest& request) const;
  bool may_ask(const HttpRequest& head, const Connection& asker) const;
  HttpResponse cluster_state() const;

  Cluster& cluster_;
  Discovery& discovery_;
  ImageService& images_;
  ConnectionTable& connections_;
  const ClosedConnections& closed_;
  Metrics& metrics_;
  const LoginServerConfig& config_;
  Tick started_at_;
};

}  // namespace talkbeat::login
