#pragma once

#include <functional>
#include <string>

#include "msg_server/admin/call.h"

namespace talkbeat::admin {

/// Makes the hash that the store keeps of what a person will type, in the hashing workers, and goes on with it on the
/// loop; answers "busy" where too many logins wait for them, or there is no memory.
///
///   return hash_then(call, password, [reply](const std::string& hash) { … store it, reply … });
AdminResult hash_then(const AdminCall& call, const std::string& typed, std::function<void(const std::string&)> go_on);

}  // namespace talkbeat::admin
