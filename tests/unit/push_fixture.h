#pragma once

#include <nlohmann/json.hpp>

#include "base/http_port.h"
#include "base/listener.h"
#include "msg_server/push/push_metrics.h"
#include "tests/unit/msg_server_fixture.h"

namespace talkbeat::msg_server_test {

/// A push gateway that does as the test says, on the msg_server's own loop.
class FakeGateway {
 public:
  struct Request {
    std::string signature;
    std::string body;
    ConnId asker;
    nlohmann::json json() const { return nlohmann::json::parse(body); }
    size_t pushes() const { return json()["pushes"].size(); }
    std::string delivery() const { return json()["delivery"]; }
  };

  FakeGateway(EventLoop& loop, ConnectionTable& connections)
      : http_(connections, {.request_timeout_ms = 3'600'000, .max_body = 8 << 20},
              [this](HttpRequest&& request, const Connection& connection) { return take(request, connection.id()); }),
        listener_(loop, {}, [this](SocketHandle socket, const Address& peer) { http_.accept(socket, peer); }) {
    EXPECT_TRUE(listener_.start({"127.0.0.1", 0}).ok());
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(listener_.address().port) + "/push"; }
  /// What was held back: see `hold`.
  void answer(const Request& request, const HttpResponse& response = {}) { http_.answer(request.asker, response); }

  std::vector<Request> requests;
  bool hold = false;                ///< answers nothing by itself
  std::deque<HttpResponse> script;  ///< the next answers; then 200

 private:
  std::optional<HttpResponse> take(const HttpRequest& request, ConnId asker) {
    const auto signature = request.headers.find("x-talkbeat-signature");
    requests.push_back({signature == request.headers.end() ? "" : signature->second, request.body, asker});
    if (hold) return std::nullopt;
    if (script.empty()) return HttpResponse{};
    HttpResponse next = script.front();
    script.pop_front();
    return next;
  }

  HttpPort http_;
  Listener listener_;
};

inline HttpResponse answer_with(int code) {
  HttpResponse response;
  response.status = code;
  return response;
}

class PushFixture : public MsgServerTest {
 protected:
  static PushSettings test_settings() {
    PushSettings settings;
    settings.gather_ms = 20;
    settings.backoff = {.first_ms = 20, .max_ms = 100};
    return settings;
  }

  /// Turns with workers and time, which libcurl and the retries need.
  template <class Condition>
  bool push_until(Condition condition) {
    return until([&] {
      clock.advance(1);
      return condition();
    });
  }
  /// Long enough that what was to come has come.
  void push_for(Tick ms) {
    const Tick end = clock.now() + ms;
    EXPECT_TRUE(push_until([&] { return clock.now() >= end; }));
  }

  void in_batch(const std::function<void()>& work) {
    ASSERT_TRUE(database->begin_batch().ok());
    work();
    ASSERT_TRUE(database->commit_batch().ok());
  }
  void give_device(UserId user, const std::string& token, uint32_t client_type = CLIENT_TYPE_IOS) {
    in_batch([&] { EXPECT_TRUE(database->set_device(user, Device{token, client_type}).ok()); });
  }
  std::string token_of(UserId user) {
    const auto targets = database->push_targets(std::span(&user, 1));
    return targets.value().empty() ? "" : targets.value().front().device.token;
  }
  double dropped(const std::string& reason) { return pushes_dropped(metrics, reason).value(); }

  PushSettings settings = test_settings();
};

}  // namespace talkbeat::msg_server_test
