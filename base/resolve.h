#pragma once

#include <string>
#include <vector>

#include "base/address.h"

namespace talkbeat {

/// The addresses of "HOST:PORT", HOST being numeric or a name: at least one, in the system's order. Asks the name
/// servers and waits for them, for seconds where they are silent: for programs before their loop runs. Any thread.
///
///   const Result<std::vector<Address>> addresses = resolve("chat.example.org:8008");
Result<std::vector<Address>> resolve(const std::string& text);

}  // namespace talkbeat
