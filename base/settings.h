#pragma once

#include <string>

#include "base/backoff.h"
#include "base/connection.h"
#include "base/keepalive.h"
#include "base/options.h"
#include "base/transport.h"

namespace talkbeat {

/// Section [tcp]: what both servers' listeners and connectors tell TCP.
struct TcpSettings {
  TcpOptions clients{.user_timeout_ms = 90'000};  // so that an idle one ends with keepalive_count lost probes, not one
  TcpOptions servers{.user_timeout_ms = 30'000};
};

void describe(OptionTable& table, TcpSettings& settings);

/// What both ends of a link between servers share; the rest of section [cluster] is the server's own. The defaults are
/// PROTOCOL.md, "Between servers".
struct LinkSettings {
  std::string key_file = "cluster.key";
  LivenessPolicy liveness{.heartbeat_interval_ms = 5'000,
                          .silence_timeout_ms = 30'000,
                          .handshake_timeout_ms = 15'000,
                          .pdu_timeout_ms = 30'000};
  size_t max_pdu = 16 << 20;
  OutLimits out;  ///< what may wait to be sent over one link; each kind of server has its own default
};

/// Declares them in the section that was begun last.
void describe(OptionTable& table, LinkSettings& settings);

}  // namespace talkbeat
