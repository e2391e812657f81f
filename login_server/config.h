#pragma once

#include <cstdint>
#include <string>

#include "base/connection.h"
#include "base/log.h"
#include "base/options.h"
#include "base/server_tls.h"
#include "base/settings.h"

namespace talkbeat::login {

/// Section [client]: the ports where clients ask for a msg_server.
struct ClientPortSettings {
  Address listen{"0.0.0.0", 8008};
  Address http_listen{"0.0.0.0", 8080};
  Tick request_timeout_ms = 60'000;
  size_t max_connections = 10'000;
  size_t max_connections_per_address = 5'000;
  bool status_for_all = false;
  // Passed on to clients that ask by HTTP.
  std::string msfs_prior;
  std::string msfs_backup;
  std::string discovery;
};

/// Section [cluster]: the port of the msg_servers.
struct ServerPortSettings {
  Address listen{"127.0.0.1", 8100};
  LinkSettings link{.out = {.soft = 32 << 20, .soft_ms = 10'000, .hard = 128 << 20}};
  size_t max_connections = 1'000;
  size_t max_unproven = 200;
};

struct AllocationSettings {
  Tick handed_out_ttl_ms = 10'000;
  size_t max_kept_per_address = 1'000;
};

struct PresenceSettings {
  Tick gather_ms = 20;
  int chunk = 5'000;
};

/// Section [images]: the pictures that clients send each other.
struct ImageSettings {
  std::string directory;  // empty: off
  std::string url;
  size_t max_size = 10 << 20;
  uint64_t max_total = uint64_t{10} << 30;
  uint64_t min_free = uint64_t{256} << 20;
  Tick expiry_ms = 0;
  size_t max_uploads = 16;
  size_t max_uploads_per_address = 8;
  Tick upload_timeout_ms = 300'000;
  size_t chunk = 64 << 10;
  size_t workers = 2;
  Tick sweep_interval_ms = 600'000;
};

/// All settings of a login_server. A plain value with its defaults; owned by main() (or a test), and outlives the
/// LoginServer, which reads the reloadable ones at each use.
///
///   LoginServerConfig config;
///   OptionTable table = describe(config);
struct LoginServerConfig {
  std::string name = "login_server_0";
  size_t closed_kept = 10'000;
  ClientPortSettings client;
  ServerPortSettings cluster;
  AllocationSettings allocation;
  PresenceSettings presence;
  ImageSettings images;
  TcpSettings tcp;
  LogConfig log;
  TlsSettings tls;
  Address tls_listen{"0.0.0.0", 8018};
  Address https_listen{"0.0.0.0", 8180};
};

/// The table of all settings, bound to `config`.
OptionTable describe(LoginServerConfig& config);

}  // namespace talkbeat::login
