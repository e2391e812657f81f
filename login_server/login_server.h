#pragma once

#include <functional>

#include "base/close_log.h"
#include "base/executor.h"
#include "base/http_port.h"
#include "base/listener.h"
#include "login_server/client_port.h"
#include "login_server/cluster.h"
#include "login_server/config.h"
#include "login_server/discovery.h"
#include "login_server/http_pages.h"
#include "login_server/image_service.h"
#include "login_server/server_port.h"
#include "login_server/upload_places.h"

namespace talkbeat::login {

/// One login_server, whole: its ports and what stands behind them. Holds nothing on disk but images, where it is
/// told to. Made by main(), by tests, and several at once by simulations, each on a loop (which may be the same one)
/// with Metrics of its own. `config` and all references outlive it, and it outlives the loop's last turn. The loop's
/// thread only; `disk` runs what reads and writes images.
///
///   LoginServer server(loop, disk, rng, metrics, config, key);
///   Status status = server.start();
///   server.stop([&] { loop.stop(); });
class LoginServer final : private TurnHandler {
 public:
  LoginServer(EventLoop& loop, Executor& disk, Rng& rng, Metrics& metrics, const LoginServerConfig& config,
              const ClusterKey& key);

  /// Opens the ports. Fails where one is taken, or the images have no place: then none is open.
  Status start();
  /// Closes the ports and all connections; what waits to be sent still goes out. Calls `stopped` when all are gone.
  void stop(std::function<void()> stopped);

  /// Takes over the settings that may change while the server runs.
  void settings_changed();

  // As they were opened: with the chosen port where the setting says 0.
  Address client_address() const { return client_listener_.address(); }
  Address http_address() const { return http_listener_.address(); }
  // Only where there is TLS.
  Address tls_address() const { return tls_listener_.address(); }
  Address https_address() const { return https_listener_.address(); }
  Address cluster_address() const { return server_listener_.address(); }

  ConnectionTable& connections() { return connections_; }

 private:
  void on_turn_end() override;
  void on_stall(Tick /*stalled*/) override {}
  Status open_ports();
  void close_ports();

  const LoginServerConfig& config_;
  CloseLog close_log_;
  UploadPlaces upload_places_;
  ConnectionTable connections_;
  Cluster cluster_;
  Discovery discovery_;
  ClientPort client_port_;
  HttpPort http_port_;
  ImageService images_;
  HttpPages pages_;
  ServerPort server_port_;
  ServerTls tls_;
  Listener client_listener_;
  Listener http_listener_;
  Listener tls_listener_;
  Listener https_listener_;
  Listener server_listener_;
  std::function<void()> stopped_;
};

}  // namespace talkbeat::login
