#pragma once

#include <string>

#include "base/address.h"
#include "base/status.h"

namespace talkbeat {

/// What is asked of a server's HTTP port.
struct HttpCall {
  std::string method = "GET";
  std::string path;
  std::string key{};   ///< the administration's; empty: none is shown
  std::string body{};  ///< JSON
  int timeout_s = 3;
};

/// What came of it.
struct HttpOutcome {
  bool reached = false;         ///< false: nothing was asked
  bool nobody_listens = false;  ///< since the connection was refused; a server that hangs may let none come about
  int status = 0;               ///< 0: no answer
  std::string body{};
  std::string why{};  ///< where there is no answer
};

/// For a command that has nothing else to do meanwhile: blocks, for at most some seconds.
HttpOutcome http_call(const Address& server, const HttpCall& call);

/// The body of the page. Fails where nobody listens, the answer is late, or its status is not 200.
///
///   const Result<std::string> page = http_get(files.msg_server_http(0), "/healthz");
Result<std::string> http_get(const Address& server, const std::string& path, const std::string& key = "");
/// The same for what changes something; the request has no body.
Result<std::string> http_post(const Address& server, const std::string& path, const std::string& key);

/// What a text is in a path or a query.
std::string url_encoded(const std::string& text);

}  // namespace talkbeat
