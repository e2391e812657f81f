#pragma once

#include "base/connection_table.h"
#include "base/executor.h"
#include "base/rng.h"
#include "msg_server/bus/bus.h"
#include "msg_server/client_liveness.h"
#include "msg_server/client_session.h"
#include "msg_server/config.h"
#include "msg_server/delivery.h"
#include "msg_server/groups/group_cache.h"
#include "msg_server/ledger.h"
#include "msg_server/login_parts.h"
#include "msg_server/login_throttle.h"
#include "msg_server/status_notifier.h"
#include "msg_server/store/store.h"
#include "msg_server/user_directory.h"
#include "msg_server/watchers.h"

namespace talkbeat {

class Push;
class Sessions;
class Transfers;

/// Everything that a handler of a client's PDU may use. Made by MsgServer, which owns the parts; they live as long as
/// it does.
struct MsgServerParts {
  const MsgServerConfig& config;
  EventLoop& loop;
  ConnectionTable& connections;
  Store& store;
  Executor& hashing;
  UserDirectory& users;
  Bus& bus;
  GroupCache& groups;
  Ledger& ledger;
  Delivery& delivery;
  Watchers& watchers;
  StatusNotifier& status;
  Push& push;
  LoginThrottle& throttle;
  LoginParts& logins;
  ClientLiveness& liveness;
  Sessions& sessions;
  Transfers& transfers;
  Rng& rng;
  /// Checked in place of an unknown user's, so that both take the same time.
  const std::string& decoy_hash;
  ClientPorts ports{};
};

}  // namespace talkbeat
