#pragma once

#include "base/connection_table.h"
#include "msg_server/config.h"
#include "msg_server/user_directory.h"

namespace talkbeat {

/// The keepalive rules for clients: one before the login, one for each class after it (OPERATIONS.md, "Heartbeats and
/// timeouts").
class ClientLiveness {
 public:
  ClientLiveness(ConnectionTable& connections, const ClientSettings& settings)
      : fresh_(settings.liveness), pc_(settings.liveness), mobile_(mobile_policy(settings)) {
    for (Liveness* rule : {&fresh_, &pc_, &mobile_}) connections.watch_liveness(*rule);
  }

  void begin(Connection& connection) { fresh_.join(connection, connection.now()); }
  void logged_in(Connection& connection, ClientClass client_class) {
    Liveness& rule = client_class == ClientClass::kPc ? pc_ : mobile_;
    rule.join(connection, connection.now());
    rule.handshake_done(connection, connection.now());
  }
  /// Counts at once for all connections.
  void settings_changed(const ClientSettings& settings) {
    fresh_.set_policy(settings.liveness);
    pc_.set_policy(settings.liveness);
    mobile_.set_policy(mobile_policy(settings));
  }

 private:
  static LivenessPolicy mobile_policy(const ClientSettings& settings) {
    LivenessPolicy policy = settings.liveness;
    policy.silence_timeout_ms = settings.idle_timeout_mobile_ms;
    return policy;
  }

  Liveness fresh_;
  Liveness pc_;
  Liveness mobile_;
};

}  // namespace talkbeat
