#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/backoff.h"
#include "base/connection.h"
#include "base/http_port.h"
#include "base/log.h"
#include "base/options.h"
#include "base/server_tls.h"
#include "base/settings.h"
#include "msg_server/login_throttle.h"
#include "msg_server/password.h"
#include "msg_server/service_settings.h"
#include "msg_server/store/store.h"

namespace talkbeat {

/// Section [client]: what clients may do and how long they may be silent.
struct ClientSettings {
  Address listen{"0.0.0.0", 8200};
  std::string ip1;
  std::string ip2;
  size_t max_connections = 100'000;
  size_t max_connections_per_address = 10'000;
  LivenessPolicy liveness{.silence_timeout_ms = 60'000,
                          .handshake_timeout_ms = 15'000,
                          .pdu_timeout_ms = 30'000,
                          .min_ping_interval_ms = 5'000};
  Tick idle_timeout_mobile_ms = 60'000;
  size_t max_pdu_before_login = 16 << 10;
  size_t max_pdu = 1 << 20;
  int64_t message_rate = 100;
  int64_t message_burst = 1'000;
  int64_t request_rate = 1'000;
  int64_t request_burst = 20'000;
  OutLimits out;
  size_t max_queued_before_login = 4 << 10;
  size_t max_pending_requests = 100;
  size_t max_list = 1'000;
  size_t max_p2p_command = 4 << 10;
  size_t max_watched_users = 10'000;
  Tick status_gather_ms = 200;
};

/// Section [cluster].
struct ClusterSettings {
  std::vector<Address> login_servers{{"127.0.0.1", 8100}};
  LinkSettings link{.out = {.soft = 64 << 20, .soft_ms = 30'000, .hard = 256 << 20}};
  Tick connect_timeout_ms = 5'000;
  BackoffPolicy backoff;
  Tick presence_grace_ms = 30'000;  ///< 0: none
  size_t max_session_details = 10'000;
};

/// Section [password].
struct PasswordSettings {
  PasswordCost cost;
  size_t workers = 1;
  size_t max_queued = 128;
  LoginThrottle::Limits throttle;
};

/// Section [session_token].
struct SessionTokenSettings {
  Tick lifetime_ms = 7LL * 24 * 3'600'000;  ///< 0: none are given, none are accepted
};

/// Section [store].
struct StoreSettings {
  std::string path = "talkbeat.db";
  size_t page_cache = 16 << 20;  ///< bytes
  Store::Limits limits;
  size_t max_queued_reads = 10'000;
};

/// Section [drain].
struct DrainSettings {
  Tick spread_ms = 10'000;
  Tick timeout_ms = 30'000;
};

struct MsgServerConfig {
  std::string name = "msg_server_0";
  size_t closed_kept = 10'000;
  Tick ledger_interval_ms = 1'000;
  ClientSettings client;
  Address http_listen{"127.0.0.1", 8203};
  HttpPort::Limits http;
  ClusterSettings cluster;
  PasswordSettings password;
  SessionTokenSettings session_token;
  StoreSettings store;
  DrainSettings drain;
  ProfileSettings profile;
  GroupSettings groups;
  PushSettings push;
  FileSettings files;
  AdminSettings admin;
  TcpSettings tcp;
  LogConfig log;
  TlsSettings tls;
  Address tls_listen{"0.0.0.0", 8202};
};

/// The table of all settings, bound to `config`.
OptionTable describe(MsgServerConfig& config);

}  // namespace talkbeat
