#pragma once

#include <cstdint>
#include <string>

#include "tests/scenario/deadline.h"

namespace talkbeat::scenario {

struct HttpAnswer {
  int status = 0;  // 0: nobody answered
  std::string body;
};

/// GET http://127.0.0.1:PORT/PATH on a connection of its own. Never throws: not being answered is an answer.
///
///   EXPECT_EQ(http_get(cluster.http_port("login_server_0"), "/healthz").status, 200);
HttpAnswer http_get(uint16_t port, const std::string& path, milliseconds timeout = 5s);

/// Any request, as it goes over the wire; it has to ask for "Connection: close".
HttpAnswer http_ask(uint16_t port, const std::string& request, milliseconds timeout = 5s);

}  // namespace talkbeat::scenario
