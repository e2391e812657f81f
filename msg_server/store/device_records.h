#pragma once

#include <cstdint>
#include <string>

#include "msg_server/store/account_records.h"

namespace talkbeat {

/// A mobile device that takes pushes: one a user, and one user a device.
struct Device {
  std::string token;  ///< opaque; what the platform's push service calls the device
  uint32_t client_type = 0;
};

/// Where to push to a user.
struct PushTarget {
  UserId user = 0;
  Device device;
  bool quiet_at_night = false;  ///< the user's push shield
};

}  // namespace talkbeat
