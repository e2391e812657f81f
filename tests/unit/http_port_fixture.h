#pragma once

#include <map>
#include <memory>

#include "base/http_port.h"
#include "tests/unit/loop_fixture.h"

namespace talkbeat {

/// An HttpPort on real sockets and a fake clock, whose handler and judge a test writes.
class HttpPortTest : public LoopTest {
 protected:
  static constexpr Tick kTimeout = 3'000;
  static constexpr Tick kUploadTimeout = 15'000;

  Pair connect(int peer_buffer = 0) {
    Pair pair = connect_pair(peer_buffer);
    http.accept(pair.ours, {"127.0.0.1", 1});
    return pair;
  }
  /// Time passes in steps that the loop does not take for a stall, whatever waits to be sent.
  void pass(Tick ms) {
    for (; ms > 0; ms -= 100) {
      clock.advance(std::min<Tick>(ms, 100));
      turn();
    }
    turn();
  }
  /// What the handler sees: it notes the path, and answers it unless it begins with "/later".
  std::optional<HttpResponse> handle_request(HttpRequest&& request, const Connection& connection) {
    handled.push_back(request.path);
    bodies.push_back(std::move(request.body));
    asker = connection.id();
    if (handler) return handler(connection);
    if (request.path.starts_with("/later")) return std::nullopt;
    return HttpResponse{200, "text/plain", "answer " + request.path};
  }
  HttpVerdict judge_request(const HttpRequest& head, const Connection& /*connection*/) {
    ++judged;
    return judge ? judge(head) : HttpVerdict{.max_body = 100};
  }
  std::string receive(Pair& pair, std::string_view last_words) {
    std::string text;
    turn_until([&] { return (text += pair.peer.receive()).find(last_words) != std::string::npos; });
    return text;
  }
  bool closes(Pair& pair) {
    return turn_until([&] {
      (void)pair.peer.receive();
      return pair.peer.ended() || pair.peer.error() != 0;
    });
  }
  bool handles(size_t count) {
    return turn_until([&] { return handled.size() >= count; });
  }

  std::vector<std::string> handled;
  std::vector<std::string> bodies;
  std::vector<std::string> closed;
  int judged = 0;
  ConnId asker{};
  std::function<std::optional<HttpResponse>(const Connection&)> handler;
  std::function<HttpVerdict(const HttpRequest&)> judge;
  ConnectionTable table{loop, [this](const Connection&, CloseReason reason) { closed.push_back(to_string(reason)); }};
  HttpPort http{table,
                {.request_timeout_ms = kTimeout, .max_connections = 50, .upload_timeout_ms = kUploadTimeout},
                [this](HttpRequest&& request, const Connection& c) { return handle_request(std::move(request), c); },
                [this](const HttpRequest& head, const Connection& c) { return judge_request(head, c); }};
};

inline std::string request_of(std::string_view method, std::string_view path, std::string_view more = "") {
  return std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n" + std::string(more) + "\r\n";
}

inline std::string get_of(std::string_view path) {
  return request_of("GET", path);
}

}  // namespace talkbeat
