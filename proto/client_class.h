#pragma once

#include <cstdint>

namespace talkbeat {

/// The two classes of client devices: a user holds at most one session of each (PROTOCOL.md, "Logging in").
enum class ClientClass : uint8_t { kPc = 0, kMobile = 1 };

}  // namespace talkbeat
