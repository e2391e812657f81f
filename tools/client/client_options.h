#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/backoff.h"
#include "base/transport.h"
#include "proto/base_define.pb.h"

namespace talkbeat {

/// What a Client is told when it is made. A plain value.
struct ClientOptions {
  std::vector<Address> login_servers{};  ///< asked in turn at each (re)connect
  std::optional<Address> msg_server{};   ///< set: this one, or where it sends us, and no login_server is asked
  std::string user{};
  std::string password{};  ///< as the person typed it
  IM::BaseDefine::ClientType client_type = IM::BaseDefine::CLIENT_TYPE_WINDOWS;
  std::string client_version = "talkbeat/" TALKBEAT_VERSION;

  Tick heartbeat_interval_ms = 20'000;  ///< nothing sent for this long: send a heartbeat
  Tick response_timeout_ms = 15'000;    ///< an answer is due and nothing at all came: the server is dead
  Tick connect_timeout_ms = 5'000;      ///< for each address; also for login_server's answer
  Tick login_timeout_ms = 15'000;
  Tick proven_after_ms = 3'000;  ///< online for this long: the backoff begins anew
  Tick least_stay_ms = 1'000;    ///< on each connection, however soon the server asks to leave
  bool check_enabled = true;     ///< false: no server is taken for dead, so that a debugger's breakpoint costs nothing
  BackoffPolicy backoff{.first_ms = 500, .max_ms = 30'000};
  TcpOptions tcp{};

  size_t max_unsent = 10'000;  ///< messages that wait for their ack; past it send_text() refuses
};

}  // namespace talkbeat
