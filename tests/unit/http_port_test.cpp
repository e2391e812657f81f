#include "base/http_port.h"

#include <gmock/gmock.h>

#include "tests/unit/heap_in_use.h"
#include "tests/unit/http_port_fixture.h"

namespace talkbeat {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

/// Counts those that are held.
struct CountedClaim final : HttpClaim {
  explicit CountedClaim(int& number) : held(number) { ++held; }
  ~CountedClaim() override { --held; }
  int& held;
};

// --- answers that come later

TEST_F(HttpPortTest, an_answer_may_come_later_and_meanwhile_nothing_more_is_handled) {
  Pair pair = connect();
  pair.peer.send(get_of("/later") + get_of("/2") + get_of("/later3") + get_of("/4"));
  ASSERT_TRUE(handles(1));
  for (int i = 0; i < 10; ++i) turn();
  EXPECT_THAT(handled, ElementsAre("/later"));
  EXPECT_EQ(pair.peer.receive(), "");
  http.answer(asker, {200, "text/plain", "one"});
  ASSERT_TRUE(handles(3));
  const std::string first_two = receive(pair, "answer /2");
  EXPECT_LT(first_two.find("one"), first_two.find("answer /2"));
  EXPECT_THAT(handled, ElementsAre("/later", "/2", "/later3"));
  http.answer(asker, {200, "text/plain", "three"});
  EXPECT_THAT(receive(pair, "answer /4"), HasSubstr("three"));
}

TEST_F(HttpPortTest, an_answer_from_inside_of_the_handler_is_one_like_any_other) {
  Pair pair = connect();
  handler = [this](const Connection& connection) -> std::optional<HttpResponse> {
    http.answer(connection.id(), {200, "text/plain", "<" + handled.back() + ">"});
    return std::nullopt;
  };
  std::string many;
  for (int i = 0; i < 500; ++i) many += get_of("/" + std::to_string(i));
  pair.peer.send(many);
  EXPECT_THAT(receive(pair, "</499>"), HasSubstr("</0>"));
}

TEST_F(HttpPortTest, an_answer_to_one_that_has_gone_is_dropped) {
  Pair pair = connect();
  pair.peer.send(get_of("/later"));
  ASSERT_TRUE(handles(1));
  pair.peer.reset();
  pass(100);
  ASSERT_EQ(table.size(), 0U);
  http.answer(asker, {200, "text/plain", "to nobody"});
  http.stream(asker, {}, 5, [](ConnId, uint64_t) { ADD_FAILURE(); });
  http.chunk(asker, "piece");
}

TEST_F(HttpPortTest, while_the_server_works_the_client_has_no_deadline) {
  Pair pair = connect();
  pair.peer.send(get_of("/later"));
  ASSERT_TRUE(handles(1));
  pass(20 * kTimeout);
  http.answer(asker, {200, "text/plain", "at last"});
  EXPECT_THAT(receive(pair, "at last"), HasSubstr("at last"));
  pass(kTimeout / 2);  // idle since the answer, not since the request
  pair.peer.send(get_of("/next"));
  EXPECT_THAT(receive(pair, "answer /next"), EndsWith("answer /next"));
  pass(kTimeout + 100);
  EXPECT_THAT(closed, ElementsAre("silent"));
}

TEST_F(HttpPortTest, what_is_sent_ahead_waits_in_the_kernel) {
  Pair pair = connect();
  handler = [](const Connection&) { return std::nullopt; };
  std::string many;
  while (many.size() < 60'000) many += get_of("/later");
  pair.peer.send(many);
  ASSERT_TRUE(handles(1));
  const int reads = transport.reads;
  pair.peer.send(many);
  for (int i = 0; i < 20; ++i) turn();
  EXPECT_EQ(transport.reads, reads);
  EXPECT_EQ(handled.size(), 1U);
}

TEST_F(HttpPortTest, what_came_ahead_is_given_back_at_once_where_the_connection_ends) {
  constexpr size_t kAhead = 32 << 10;
  constexpr size_t kPeers = 40;
  std::vector<Pair> pairs;
  for (size_t i = 0; i < kPeers; ++i) {
    pairs.push_back(connect());
    pairs.back().peer.send(get_of("/later") + std::string(kAhead, 'x'));
  }
  ASSERT_TRUE(handles(kPeers));
  const size_t before = heap_in_use();
  table.close_all(CloseReason::kDrained);
  turn();
  ASSERT_EQ(table.size(), kPeers) << "they wait for their peers' last bytes";
  EXPECT_LT(heap_in_use() + kPeers * kAhead * 3 / 4, before);
}

TEST_F(HttpPortTest, the_part_of_a_request_behind_a_late_one_still_has_its_deadline) {
  Pair pair = connect();
  pair.peer.send(get_of("/later") + "GET /half");
  ASSERT_TRUE(handles(1));
  pass(3 * kTimeout);
  http.answer(asker, {});
  pass(kTimeout + 100);
  EXPECT_THAT(closed, ElementsAre("pdu_timeout"));
}

// What a closed connection has left to send is given up after two seconds.
TEST_F(HttpPortTest, the_last_answer_reaches_a_slow_reader_whole) {
  Pair pair = connect();
  handler = [](const Connection&) { return HttpResponse{200, "text/plain", std::string(50'000, 'x') + "end"}; };
  transport.writes_block = true;
  pair.peer.send(request_of("GET", "/", "Connection: close\r\n"));
  ASSERT_TRUE(handles(1));
  pass(ConnectionTable::kLingerMs + 500);
  EXPECT_TRUE(closed.empty());
  transport.writes_block = false;
  EXPECT_THAT(receive(pair, "end"), EndsWith("xend"));
  EXPECT_TRUE(closes(pair));
  EXPECT_THAT(closed, ElementsAre("answered"));
}

TEST_F(HttpPortTest, who_does_not_take_the_last_answer_is_closed) {
  Pair pair = connect();
  transport.writes_block = true;
  pair.peer.send(request_of("GET", "/", "Connection: close\r\n"));
  ASSERT_TRUE(handles(1));
  pass(kTimeout + 100);
  EXPECT_THAT(closed, ElementsAre("slow_consumer"));
}

TEST_F(HttpPortTest, who_asks_without_reading_costs_one_answer_more_than_may_wait) {
  Pair pair = connect();
  handler = [](const Connection&) { return HttpResponse{200, "text/plain", std::string(60'000, 'x')}; };
  transport.writes_block = true;
  std::string many;
  for (int i = 0; i < 15; ++i) many += get_of("/" + std::to_string(i));
  pair.peer.send(many + request_of("GET", "/last", "Connection: close\r\n"));
  ASSERT_TRUE(handles(2));
  pass(kTimeout / 2);
  EXPECT_EQ(handled.size(), 2U);
  EXPECT_LT(table.find(asker)->waiting_to_send(), 125'000U);
  transport.writes_block = false;
  EXPECT_TRUE(closes(pair));
  EXPECT_EQ(handled.size(), 16U);
  EXPECT_THAT(closed, ElementsAre("answered"));
}

TEST_F(HttpPortTest, who_asks_and_never_reads_is_closed) {
  Pair pair = connect();
  handler = [](const Connection&) { return HttpResponse{200, "text/plain", std::string(70'000, 'x')}; };
  transport.writes_block = true;
  pair.peer.send(get_of("/1") + get_of("/2"));
  ASSERT_TRUE(handles(1));
  pass(kTimeout + 100);
  EXPECT_EQ(handled.size(), 1U);
  EXPECT_THAT(closed, ElementsAre("slow_consumer"));
}

// --- judged by their headers

TEST_F(HttpPortTest, a_refusal_comes_before_the_body) {
  judge = [](const HttpRequest& head) {
    EXPECT_EQ(head.method + head.path + head.headers.at("x-key"), "POST/secretwrong");
    return HttpVerdict{.refusal = http_error(401), .max_body = 1'000'000};
  };
  Pair pair = connect();
  pair.peer.send(request_of("POST", "/secret", "X-Key: wrong\r\nContent-Length: 500000\r\n"));
  const std::string answer = receive(pair, "Unauthorized\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 401 Unauthorized\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(closes(pair));
  EXPECT_TRUE(handled.empty());
  EXPECT_THAT(closed, ElementsAre("answered"));
}

TEST_F(HttpPortTest, a_refusal_without_a_body_keeps_the_connection) {
  judge = [](const HttpRequest& head) {
    HttpVerdict verdict;
    if (head.path == "/bad") verdict.refusal = http_error(404);
    return verdict;
  };
  Pair pair = connect();
  pair.peer.send(get_of("/bad") + get_of("/good"));
  const std::string answers = receive(pair, "answer /good");
  EXPECT_THAT(answers, StartsWith("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(handled, ElementsAre("/good"));
}

TEST_F(HttpPortTest, each_request_has_the_limit_that_its_headers_give_it) {
  judge = [](const HttpRequest& head) { return HttpVerdict{.max_body = head.path == "/large" ? 50'000U : 10U}; };
  Pair pair = connect();
  pair.peer.send(request_of("POST", "/large", "Content-Length: 50000\r\n") + std::string(50'000, 'b') +
                 request_of("POST", "/small", "Content-Length: 10\r\n") + std::string(10, 'c') +
                 request_of("POST", "/small", "Content-Length: 11\r\n") + std::string(11, 'd'));
  EXPECT_THAT(receive(pair, "413"), HasSubstr("HTTP/1.1 413 Payload Too Large\r\n"));
  EXPECT_THAT(bodies, ElementsAre(std::string(50'000, 'b'), std::string(10, 'c')));
  EXPECT_TRUE(closes(pair));
}

TEST_F(HttpPortTest, a_lying_chunked_body_ends_at_the_limit) {
  Pair pair = connect();
  pair.peer.send(request_of("POST", "/", "Transfer-Encoding: chunked\r\n") + "64\r\n" + std::string(100, 'x') + "\r\n");
  for (int i = 0; i < 5; ++i) turn();
  pair.peer.send("1\r\nx\r\n");
  EXPECT_THAT(receive(pair, "413"), StartsWith("HTTP/1.1 413"));
  EXPECT_TRUE(handled.empty());
}

TEST_F(HttpPortTest, a_client_that_asks_first_is_told_to_go_on) {
  Pair pair = connect();
  pair.peer.send(request_of("POST", "/p", "Content-Length: 4\r\nExpect: 100-Continue\r\n"));
  EXPECT_EQ(receive(pair, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  pair.peer.send("body");
  EXPECT_THAT(receive(pair, "answer /p"), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(bodies, ElementsAre("body"));
}

TEST_F(HttpPortTest, a_client_that_asks_first_is_refused_before_it_sends_anything) {
  judge = [](const HttpRequest& head) {
    if (head.path == "/busy") return HttpVerdict{.refusal = http_error(503)};
    return HttpVerdict{.max_body = 3};
  };
  for (const auto& [path, status] : {std::pair{"/busy", "503"}, std::pair{"/large", "413"}}) {
    Pair pair = connect();
    pair.peer.send(request_of("POST", path, "Content-Length: 4\r\nExpect: 100-continue\r\n"));
    if (path == std::string("/large")) pair.peer.send("x");
    EXPECT_THAT(receive(pair, status), StartsWith(std::string("HTTP/1.1 ") + status));
    EXPECT_TRUE(closes(pair));
  }
}

TEST_F(HttpPortTest, a_claim_is_held_until_the_handler_has_the_body) {
  int held = 0;
  judge = [&held](const HttpRequest&) {
    return HttpVerdict{.max_body = 100, .claim = std::make_unique<CountedClaim>(held)};
  };
  Pair pair = connect();
  pair.peer.send(request_of("POST", "/", "Content-Length: 4\r\n") + "bo");
  ASSERT_TRUE(turn_until([&] { return held == 1; }));
  handler = [&held](const Connection&) {
    EXPECT_EQ(held, 1);
    return HttpResponse{};
  };
  pair.peer.send("dy");
  ASSERT_TRUE(handles(1));
  EXPECT_EQ(held, 0);
}

TEST_F(HttpPortTest, a_claim_is_given_back_at_once_where_the_connection_ends) {
  int held = 0;
  judge = [&held](const HttpRequest&) {
    return HttpVerdict{.max_body = 100, .claim = std::make_unique<CountedClaim>(held)};
  };
  Pair pair = connect();
  pair.peer.send(request_of("POST", "/", "Content-Length: 4\r\n") + "bo");
  ASSERT_TRUE(turn_until([&] { return held == 1; }));
  pass(kTimeout + 100);
  EXPECT_EQ(held, 0);
  EXPECT_THAT(closed, ElementsAre("pdu_timeout"));
}

TEST_F(HttpPortTest, a_long_body_has_a_deadline_of_its_own) {
  judge = [](const HttpRequest&) { return HttpVerdict{.max_body = 100'000, .long_body = true}; };
  Pair good = connect();
  Pair slow = connect();
  Pair silent = connect();
  good.peer.send(request_of("POST", "/", "Content-Length: 9\r\n"));
  slow.peer.send(request_of("POST", "/", "Content-Length: 99\r\n"));
  silent.peer.send(request_of("POST", "/", "Content-Length: 9\r\n"));
  for (int i = 0; i < 8; ++i) {
    pass(kTimeout / 2);
    good.peer.send("g");
    slow.peer.send("s");
    turn();
  }
  EXPECT_THAT(closed, ElementsAre("silent"));
  good.peer.send("g");
  EXPECT_THAT(receive(good, "answer"), HasSubstr("200 OK"));
  pass(kTimeout / 2);
  good.peer.send(get_of("/"));
  slow.peer.send("s");
  pass(kTimeout / 2 + 100);
  EXPECT_THAT(closed, ElementsAre("silent", "request_timeout"));
  EXPECT_THAT(bodies, ElementsAre("ggggggggg", ""));
}

// --- the port's own bounds

TEST_F(HttpPortTest, one_connection_too_many_is_told_so) {
  std::vector<Pair> pairs;
  for (int i = 0; i < 50; ++i) pairs.push_back(connect());
  Pair last = connect();
  EXPECT_THAT(receive(last, "503"), StartsWith("HTTP/1.1 503"));
  EXPECT_TRUE(closes(last));
  pairs.pop_back();
  ASSERT_TRUE(turn_until([&] { return closed.size() == 2; }));
  Pair next = connect();
  next.peer.send(get_of("/"));
  EXPECT_THAT(receive(next, "answer"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpPortTest, an_upgrade_is_refused) {
  Pair pair = connect();
  pair.peer.send(request_of("GET", "/", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  EXPECT_THAT(receive(pair, "400"), StartsWith("HTTP/1.1 400"));
  EXPECT_TRUE(closes(pair));
  EXPECT_TRUE(handled.empty());
}

TEST_F(HttpPortTest, a_tunnel_is_refused) {
  Pair pair = connect();
  pair.peer.send(request_of("CONNECT", "example.org:443"));
  EXPECT_THAT(receive(pair, "400"), StartsWith("HTTP/1.1 400"));
  EXPECT_TRUE(closes(pair));
  EXPECT_TRUE(handled.empty());
}

TEST_F(HttpPortTest, an_offer_of_http2_is_answered_as_if_it_were_not_made) {
  Pair pair = connect();
  pair.peer.send(
      request_of("GET", "/1", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n") +
      get_of("/2"));
  EXPECT_THAT(receive(pair, "answer /2"), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("answer /1")));
}

}  // namespace
}  // namespace talkbeat
