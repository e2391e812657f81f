#include "login_server/login_server.h"

#include <utility>

#include "base/log.h"

namespace talkbeat::login {

LoginServer::LoginServer(EventLoop& loop, Executor& disk, Rng& rng, Metrics& metrics, const LoginServerConfig& config,
                         const ClusterKey& key)
    : config_(config),
      close_log_(metrics, config.closed_kept),
      upload_places_(config.images.max_uploads, config.images.max_uploads_per_address),
      connections_(
          loop, [this](const Connection& connection, CloseReason reason) { close_log_.observe(connection, reason); }),
      cluster_(connections_, metrics, config),
      discovery_(cluster_.registry(), metrics, config.allocation),
      client_port_(connections_, discovery_, config.client),
      http_port_(
          connections_,
          {.request_timeout_ms = config.client.request_timeout_ms,
           .max_connections = config.client.max_connections,
           .max_connections_per_address = config.client.max_connections_per_address,
           .max_body = 0,
           .upload_timeout_ms = config.images.upload_timeout_ms},
          [this](HttpRequest&& request, const Connection& asker) { return pages_.respond(std::move(request), asker); },
          [this](const HttpRequest& head, const Connection& asker) { return pages_.judge(head, asker); }),
      images_(loop, http_port_, disk, upload_places_, metrics, config.images, config.name),
      pages_(cluster_, discovery_, images_, connections_, close_log_.closed(), metrics, config),
      server_port_(connections_, cluster_, discovery_, rng, key, config.cluster),
      tls_(config.tls, connections_),
      client_listener_(loop, config.tcp.clients,
                       [this](SocketHandle socket, const Address& peer) { client_port_.accept(socket, peer); }),
      http_listener_(loop, config.tcp.clients,
                     [this](SocketHandle socket, const Address& peer) { http_port_.accept(socket, peer); }),
      tls_listener_(
          loop, config.tcp.clients,
          [this](SocketHandle socket, const Address& peer) { client_port_.accept(socket, peer, tls_.accept()); }),
      https_listener_(
          loop, config.tcp.clients,
          [this](SocketHandle socket, const Address& peer) { http_port_.accept(socket, peer, tls_.accept()); }),
      server_listener_(loop, config.tcp.servers,
                       [this](SocketHandle socket, const Address& peer) { server_port_.accept(socket, peer); }) {
  loop.add_turn_handler(*this);
  tls_.add_metrics(metrics);
}

Status LoginServer::start() {
  Status status = open_ports();
  if (!status.ok()) {
    close_ports();
    return status;
  }
  log_info("login_server_started", {{"name", config_.name},
                                    {"version", TALKBEAT_VERSION},
                                    {"clients", client_address().to_string()},
                                    {"http", http_address().to_string()},
                                    {"msg_servers", cluster_address().to_string()}});
  return {};
}

// The msg_servers' port comes first, so that a client that finds the others open may find servers, too.
Status LoginServer::open_ports() {
  Status status = tls_.start();
  if (status.ok()) status = server_listener_.start(config_.cluster.listen);
  if (status.ok()) status = client_listener_.start(config_.client.listen);
  if (status.ok()) status = http_listener_.start(config_.client.http_listen);
  if (status.ok() && tls_.on()) status = tls_listener_.start(config_.tls_listen);
  if (status.ok() && tls_.on()) status = https_listener_.start(config_.https_listen);
  // Last: what it finds half written is surely nobody's, since nobody else has these ports.
  if (status.ok()) status = images_.start();
  return status;
}

void LoginServer::close_ports() {
  client_listener_.stop();
  http_listener_.stop();
  tls_listener_.stop();
  https_listener_.stop();
  server_listener_.stop();
}

void LoginServer::stop(std::function<void()> stopped) {
  log_info("login_server_stopping", {{"name", config_.name}, {"connections", connections_.size()}});
  stopped_ = std::move(stopped);
  close_ports();
  connections_.close_all(CloseReason::kServerStopping);
}

void LoginServer::settings_changed() {
  server_port_.settings_changed();
  tls_.settings_changed();
}

void LoginServer::on_turn_end() {
  if (stopped_ && connections_.size() == 0) std::exchange(stopped_, nullptr)();
}

}  // namespace talkbeat::login
