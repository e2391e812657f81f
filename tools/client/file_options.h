#pragma once

#include "base/backoff.h"
#include "base/transport.h"

namespace talkbeat {

/// How files are sent and received. A plain value.
struct FileOptions {
  uint32_t piece = 128 << 10;  ///< bytes that a receiver asks for at a time
  uint32_t window = 4;         ///< so many pieces may be on their way, and so in memory, at a time
  Tick connect_timeout_ms = 5'000;
  Tick login_timeout_ms = 15'000;
  Tick heartbeat_interval_ms = 20'000;
  Tick silence_timeout_ms = 60'000;  ///< nothing at all came for this long: the server is dead
  Tick stall_timeout_ms = 60'000;    ///< pieces were asked for, and none came for this long: connect again
  Tick give_up_ms = 300'000;         ///< for this long no connection could be had
  BackoffPolicy backoff{.first_ms = 500, .max_ms = 10'000};  ///< an online receiver has 60 s
  TcpOptions tcp{};
};

}  // namespace talkbeat
