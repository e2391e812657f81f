#include "base/http_client.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "base/close_log.h"
#include "base/http_port.h"
#include "base/listener.h"
#include "tests/unit/loop_fixture.h"

namespace talkbeat {
namespace {

using testing::HasSubstr;

class HttpClientTest : public LoopTest {
 protected:
  HttpClientTest() { EXPECT_TRUE(listener.start({"127.0.0.1", 0}).ok()); }

  std::string url(const std::string& path = "/push") const {
    return "http://127.0.0.1:" + std::to_string(listener.address().port) + path;
  }
  /// libcurl waits in real time for what the loop counts on its own clock.
  template <class Condition>
  bool until(Condition condition) {
    return turn_until([&] {
      clock.advance(1);
      return condition();
    });
  }
  void post(const HttpPost& request) {
    client->post(request, [this](const HttpReply& reply) { replies.push_back(reply); });
  }
  HttpReply reply_to(const HttpPost& request) {
    const size_t before = replies.size();
    post(request);
    EXPECT_TRUE(until([&] { return replies.size() > before; })) << "no reply";
    return replies.size() > before ? replies.back() : HttpReply{};
  }

  std::function<std::optional<HttpResponse>(const HttpRequest&, ConnId)> respond = [](const HttpRequest&, ConnId) {
    return HttpResponse{.body = "hello"};
  };
  std::vector<HttpRequest> requests;
  std::vector<HttpReply> replies;
  size_t accepted = 0;
  ConnectionTable connections{loop, [](const Connection&, CloseReason) {}};
  HttpPort server{connections,
                  {.request_timeout_ms = 3'600'000, .max_body = 8 << 20},
                  [this](HttpRequest&& request, const Connection& connection) {
                    requests.push_back(std::move(request));
                    return respond(requests.back(), connection.id());
                  }};
  Listener listener{loop, {}, [this](SocketHandle socket, const Address& peer) {
                      ++accepted;
                      server.accept(socket, peer);
                    }};
  std::unique_ptr<HttpClient> client =
      std::make_unique<HttpClient>(loop, HttpClient::Options{.max_answer = 10'000, .max_connections = 4});
};

/// A server that answers every connection with these bytes and closes it.
class RawServerTest : public HttpClientTest {
 protected:
  RawServerTest() { EXPECT_TRUE(raw_listener.start({"127.0.0.1", 0}).ok()); }
  ~RawServerTest() override {
    for (const SocketHandle socket : sockets) transport.close(socket);
  }
  std::string raw_url(const std::string& scheme = "http") const {
    return scheme + "://127.0.0.1:" + std::to_string(raw_listener.address().port) + "/";
  }

  /// Whether the other end has closed, once all that it sent is read.
  bool ended(SocketHandle socket) {
    std::array<std::byte, 4'096> block{};
    IoResult read = transport.read(socket, block);
    while (read.bytes > 0) read = transport.read(socket, block);
    return !read.would_block();
  }

  std::string answer;
  bool silent = false;
  std::vector<SocketHandle> sockets;
  Listener raw_listener{loop, {}, [this](SocketHandle socket, const Address&) {
                          sockets.push_back(socket);
                          if (silent) return;
                          const iovec bytes{answer.data(), answer.size()};
                          (void)transport.write(socket, std::span(&bytes, 1));
                          transport.finish_sending(socket);
                        }};
};

TEST_F(HttpClientTest, a_post_arrives_as_it_was_sent_and_its_answer_comes_back) {
  const std::string every_byte = [] {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    return bytes;
  }();
  const HttpReply reply =
      reply_to({.url = url("/a/b?c=d"), .body = every_byte, .headers = {{"X-Sign", "s=1,2"}, {"Content-Type", "x/y"}}});
  EXPECT_EQ(reply.status, 200) << reply.error;
  EXPECT_TRUE(reply.answered());
  EXPECT_EQ(reply.body, "hello");
  EXPECT_EQ(reply.error, "");
  EXPECT_FALSE(reply.retry_after_ms.has_value());
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].path, "/a/b");
  EXPECT_EQ(requests[0].query["c"], "d");
  EXPECT_EQ(requests[0].body, every_byte);
  EXPECT_EQ(requests[0].headers["x-sign"], "s=1,2");
  EXPECT_EQ(requests[0].headers["content-type"], "x/y");
  EXPECT_EQ(requests[0].headers.count("expect"), 0u);
}

TEST_F(HttpClientTest, a_long_body_and_a_name_work_too) {
  const std::string body(3 << 20, 'x');
  const auto by_name = "http://localhost:" + std::to_string(listener.address().port) + "/";
  EXPECT_EQ(reply_to({.url = by_name, .body = body, .timeout_ms = 600'000}).status, 200);
  EXPECT_EQ(requests[0].body.size(), body.size());
}

TEST_F(HttpClientTest, an_empty_body_is_a_post_all_the_same) {
  EXPECT_EQ(reply_to({.url = url(), .body = ""}).status, 200);
  EXPECT_EQ(requests[0].method, "POST");
}

TEST_F(HttpClientTest, an_answer_of_any_status_is_an_answer) {
  respond = [](const HttpRequest&, ConnId) {
    return HttpResponse{.status = 503, .body = "not now", .headers = {{"Retry-After", "17"}}};
  };
  const HttpReply reply = reply_to({.url = url(), .body = "x"});
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body, "not now");
  EXPECT_EQ(reply.retry_after_ms, 17'000);
}

TEST_F(HttpClientTest, a_retry_after_without_sense_does_no_harm) {
  for (const std::string value : {"-5", "soon", "99999999999999999999", ""}) {
    respond = [value](const HttpRequest&, ConnId) {
      return HttpResponse{.status = 429, .body = "", .headers = {{"Retry-After", value}}};
    };
    const HttpReply reply = reply_to({.url = url(), .body = "x"});
    EXPECT_EQ(reply.status, 429) << value;
    EXPECT_GE(reply.retry_after_ms.value_or(0), 0) << value;
    EXPECT_LE(reply.retry_after_ms.value_or(0), Tick{366} * 24 * 3'600'000) << value;
  }
}

TEST_F(HttpClientTest, one_connection_serves_one_request_after_the_other) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(reply_to({.url = url(), .body = "x"}).status, 200);
  EXPECT_EQ(accepted, 1u);
}

TEST_F(HttpClientTest, a_kept_connection_that_the_server_has_closed_meanwhile_costs_nothing) {
  EXPECT_EQ(reply_to({.url = url(), .body = "x"}).status, 200);
  connections.close_all(CloseReason::kServerStopping);
  ASSERT_TRUE(until([&] { return connections.size() == 0; }));
  EXPECT_EQ(reply_to({.url = url(), .body = "x"}).status, 200);
  EXPECT_EQ(accepted, 2u);
}

TEST_F(HttpClientTest, requests_run_side_by_side_up_to_the_most_connections) {
  std::vector<ConnId> askers;
  respond = [&](const HttpRequest&, ConnId id) {
    askers.push_back(id);
    return std::nullopt;
  };
  for (int i = 0; i < 6; ++i) post({.url = url(), .body = "x"});
  EXPECT_EQ(client->under_way(), 6u);
  ASSERT_TRUE(until([&] { return askers.size() == 4; }));
  EXPECT_TRUE(replies.empty());
  size_t answered = 0;
  ASSERT_TRUE(until([&] {
    while (answered < askers.size()) server.answer(askers[answered++], {});
    return replies.size() == 6;
  }));
  EXPECT_EQ(accepted, 4u);
  EXPECT_EQ(client->under_way(), 0u);
}

TEST_F(HttpClientTest, without_an_answer_in_time_the_request_has_failed_and_others_go_on) {
  respond = [](const HttpRequest&, ConnId) { return std::nullopt; };
  post({.url = url(), .body = "x", .timeout_ms = 60'000});
  const Tick begin = clock.now();
  const HttpReply reply = reply_to({.url = url(), .body = "x", .timeout_ms = 500});
  EXPECT_FALSE(reply.answered());
  EXPECT_THAT(reply.error, HasSubstr("imeout"));
  EXPECT_GE(clock.now() - begin, 500);
  EXPECT_LT(clock.now() - begin, 600);
  EXPECT_EQ(client->under_way(), 1u);
  clock.advance(60'000);
  EXPECT_TRUE(until([&] { return replies.size() == 2; }));
}

TEST_F(HttpClientTest, where_nobody_listens_the_reply_says_so_and_comes_after_post_has_returned) {
  const std::string nowhere = url();
  listener.stop();
  post({.url = nowhere, .body = "x"});
  EXPECT_TRUE(replies.empty());
  ASSERT_TRUE(until([&] { return !replies.empty(); }));
  EXPECT_FALSE(replies[0].answered());
  EXPECT_THAT(replies[0].error, HasSubstr("127.0.0.1"));
}

TEST_F(HttpClientTest, an_answer_that_is_too_long_is_an_error) {
  respond = [](const HttpRequest&, ConnId) { return HttpResponse{.body = std::string(10'000, 'x')}; };
  EXPECT_EQ(reply_to({.url = url(), .body = "x"}).body.size(), 10'000u);
  respond = [](const HttpRequest&, ConnId) { return HttpResponse{.body = std::string(10'001, 'x')}; };
  EXPECT_THAT(reply_to({.url = url(), .body = "x"}).error, HasSubstr("longer than 10000 bytes"));
  respond = [](const HttpRequest&, ConnId) {
    return HttpResponse{.body = "", .headers = {{"A", std::string(6'000, 'x')}, {"B", std::string(6'000, 'x')}}};
  };
  EXPECT_THAT(reply_to({.url = url(), .body = "x"}).error, HasSubstr("longer than 10000 bytes"));
}

TEST_F(HttpClientTest, redirects_are_not_followed) {
  respond = [this](const HttpRequest&, ConnId) {
    return HttpResponse{.status = 307, .body = "", .headers = {{"Location", url("/elsewhere")}}};
  };
  EXPECT_EQ(reply_to({.url = url(), .body = "x"}).status, 307);
  EXPECT_EQ(requests.size(), 1u);
}

TEST_F(HttpClientTest, the_environments_proxy_does_not_count) {
  for (const char* name : {"http_proxy", "all_proxy"}) ::setenv(name, "http://127.0.0.1:1/", 1);
  EXPECT_EQ(reply_to({.url = url(), .body = "x"}).status, 200);
  for (const char* name : {"http_proxy", "all_proxy"}) ::unsetenv(name);
}

TEST_F(HttpClientTest, a_callback_may_post_again) {
  int rounds = 0;
  std::function<void(const HttpReply&)> again = [&](const HttpReply& reply) {
    EXPECT_EQ(reply.status, 200);
    if (++rounds < 3) client->post({.url = url(), .body = "x"}, again);
  };
  client->post({.url = url(), .body = "x"}, again);
  EXPECT_TRUE(until([&] { return rounds == 3; }));
}

TEST_F(HttpClientTest, a_url_is_checked_before_it_is_used) {
  for (const std::string good : {"http://a", "https://push.example/v1?x=y", "http://[::1]:8080/", "HTTPS://a/"}) {
    EXPECT_TRUE(HttpClient::check_url(good).ok()) << good;
  }
  for (const std::string bad : {"", "push.example", "/push", "ftp://a/", "file:///etc/passwd", "http://", "http://a:b/",
                                "http://a:99999/", "http://a b/", "unix:///x"}) {
    EXPECT_FALSE(HttpClient::check_url(bad).ok()) << bad;
  }
  EXPECT_THAT(HttpClient::check_url("ftp://a/").message(), HasSubstr("http"));
  for (const char* secret : {"http://name:secret@push.example/", "https://name@push.example/", "http://:secret@a/"}) {
    const std::string refusal = HttpClient::check_url(secret).message();
    EXPECT_THAT(refusal, HasSubstr("settings stand in ps")) << secret;
    EXPECT_THAT(refusal, testing::Not(HasSubstr("secret@"))) << secret;
  }
}

TEST_F(HttpClientTest, a_proxy_of_ones_own_is_asked_for_the_whole_url) {
  client = std::make_unique<HttpClient>(loop, HttpClient::Options{.proxy = url("")});
  EXPECT_EQ(reply_to({.url = "http://push.invalid/x", .body = "x"}).status, 200);
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].headers["host"], "push.invalid");
}

TEST_F(RawServerTest, what_is_cut_short_or_no_http_is_an_error) {
  for (const std::string text : {"", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "HTTP/1.1 200 O",
                                 "SSH-2.0-x\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    answer = text;
    const HttpReply reply = reply_to({.url = raw_url(), .body = "x"});
    EXPECT_FALSE(reply.answered()) << text;
    EXPECT_NE(reply.error, "") << text;
  }
}

TEST_F(RawServerTest, a_client_that_goes_away_drops_its_requests_and_closes_their_connections) {
  silent = true;
  post({.url = raw_url(), .body = "x"});
  ASSERT_TRUE(until([&] { return !sockets.empty(); }));
  post({.url = "http://localhost:1/", .body = "x"});  // its name is being resolved
  EXPECT_FALSE(ended(sockets[0]));
  client.reset();
  EXPECT_TRUE(until([&] { return ended(sockets[0]); }));
  EXPECT_TRUE(replies.empty());
}

TEST_F(RawServerTest, https_to_a_server_without_it_is_an_error) {
  answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  EXPECT_FALSE(reply_to({.url = raw_url("https"), .body = "x"}).answered());
}

}  // namespace
}  // namespace talkbeat
