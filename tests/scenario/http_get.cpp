#include "tests/scenario/http_get.h"

#include "tests/scenario/raw_socket.h"

namespace talkbeat::scenario {

HttpAnswer http_get(uint16_t port, const std::string& path, milliseconds timeout) {
  return http_ask(port, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", timeout);
}

HttpAnswer http_ask(uint16_t port, const std::string& request, milliseconds timeout) {
  const Deadline deadline(timeout);
  HttpAnswer answer;
  std::string all;
  try {
    RawSocket socket(port, timeout);
    socket.write(request, deadline);
    while (socket.read(all, deadline) == RawSocket::Event::kBytes) continue;
  } catch (const Unexpected&) {
    return answer;
  }
  const size_t end_of_head = all.find("\r\n\r\n");
  if (!all.starts_with("HTTP/1.1 ") || end_of_head == std::string::npos) return answer;
  answer.status = std::atoi(all.c_str() + 9);
  answer.body = all.substr(end_of_head + 4);
  return answer;
}

}  // namespace talkbeat::scenario
