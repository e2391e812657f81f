#pragma once

#include "base/closed_connections.h"
#include "base/http_port.h"
#include "login_server/cluster.h"
#include "login_server/discovery.h"

namespace talkbeat::login {

/// What login_server serves over HTTP: GET /msg_server for clients, /healthz, /metrics, /api/cluster and /api/why for
/// operators. Owned by the LoginServer; the loop's thread only.
///
///   HttpPages pages(cluster, discovery, connections, close_log.closed(), metrics, config);
///   HttpPort http(connections, limits, [&](const HttpRequest& request, const Connection& connection) {
///     return pages.respond(request, connection); });
class HttpPages {
 public:
  HttpPages(Cluster& cluster, Discovery& discovery, ConnectionTable& connections, const ClosedConnections& closed,
            Metrics& metrics, const LoginServerConfig& config);

  HttpResponse respond(const HttpRequest& request, const Connection& asker);

 private:
  HttpResponse msg_server(const Connection& asker);
  HttpResponse healthz() const;
  HttpResponse figures() const;
  HttpResponse why(const HttpRequest& request, const Connection& asker) const;
  HttpResponse cluster_state() const;

  Cluster& cluster_;
  Discovery& discovery_;
  ConnectionTable& connections_;
  const ClosedConnections& closed_;
  Metrics& metrics_;
  const LoginServerConfig& config_;
  Tick started_at_;
};

}  // namespace talkbeat::login
