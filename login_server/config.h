#pragma once

#include <string>

#include "base/connection.h"
#include "base/log.h"
#include "base/options.h"
#include "base/settings.h"

namespace talkbeat::login {

/// Section [client]: the ports where clients ask for a msg_server.
struct ClientPortSettings {
  Address listen{"0.0.0.0", 8008};
  Address http_listen{"0.0.0.0", 8080};
  Tick request_timeout_ms = 60'000;
  size_t max_connections = 10'000;
  // Passed on to clients that ask by HTTP.
  std::string msfs_prior;
  std::string msfs_backup;
  std::string discovery;
};

/// Section [cluster]: the port of the msg_servers.
struct ServerPortSettings {
  Address listen{"127.0.0.1", 8100};
  LinkSettings link;
  size_t max_connections = 1'000;
  OutLimits out{.soft = 32 << 20, .soft_ms = 10'000, .hard = 128 << 20};
};

struct AllocationSettings {
  Tick handed_out_ttl_ms = 10'000;
};

struct PresenceSettings {
  Tick gather_ms = 20;
  int chunk = 5'000;
};

/// All settings of a login_server. A plain value with its defaults; owned by main() (or a test), and outlives the
/// LoginServer, which reads the reloadable ones at each use.
///
///   LoginServerConfig config;
///   OptionTable table;
///   describe(table, config);
struct LoginServerConfig {
  std::string name = "login_server_0";
  size_t closed_kept = 10'000;
  ClientPortSettings client;
  ServerPortSettings cluster;
  AllocationSettings allocation;
  PresenceSettings presence;
  TcpSettings tcp;
  LogConfig log;
};

void describe(OptionTable& table, LoginServerConfig& config);

}  // namespace talkbeat::login
