#pragma once

#include <string>
#include <string_view>

namespace talkbeat {

/// What a client sends as IMLoginReq.password for what the person typed: its MD5, as 32 lowercase hexadecimal digits.
/// That is how existing clients do it, so on the server's side this is the secret. A pure function.
///
///   request.set_password(wire_password("secret"));  // 5ebe2294ecd0e0f08eab7690d2a6ee69
std::string wire_password(std::string_view typed);

}  // namespace talkbeat
