#pragma once

#include <string>

#include "base/address.h"
#include "base/status.h"

namespace talkbeat {

/// The body of the page, for a command that has nothing else to do meanwhile: blocks, for at most some seconds. Fails
/// where nobody listens, the answer is late, or its status is not 200.
Result<std::string> http_get(const Address& server, const std::string& path);

/// The same for what changes something; the request has no body.
///
///   const Result<std::string> answer = http_post(files.msg_server_http(0), "/api/end_sessions?user=7");
Result<std::string> http_post(const Address& server, const std::string& path);

}  // namespace talkbeat
