#pragma once

#include "base/connection.h"
#include "msg_server/config.h"

namespace talkbeat {

/// Gives a client's connection the limits that the settings have for its phase: at the accept, at the login, and for
/// all connections again when the settings have changed. The loop's thread only.
///
///   session.phase = Phase::kOnline;
///   apply_limits(config, connection);
void apply_limits(const MsgServerConfig& config, Connection& connection);

}  // namespace talkbeat
