#pragma once

#include "base/connection.h"
#include "msg_server/client_session.h"
#include "msg_server/config.h"

namespace talkbeat {

/// Gives a client's connection the limits that the settings have for its phase: at the accept and at the login. The
/// loop's thread only.
///
///   session.phase = Phase::kOnline;
///   apply_limits(config, connection);
void apply_limits(const MsgServerConfig& config, Connection& connection);

/// The same when the settings have changed. A connection that carries a file keeps the sizes that it began with: pieces
/// of those sizes are under way.
void renew_limits(const MsgServerConfig& config, Connection& connection);

/// The refusal for whom `session.requests` has no token.
Verdict rate_limited(const ClientSession& session);

}  // namespace talkbeat
