#include "base/http_request.h"

#include <gtest/gtest.h>

#include <optional>

#include "tests/unit/heap_in_use.h"

namespace talkbeat {
namespace {

using Progress = HttpRequestParser::Progress;

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// Feeds what stands behind the headers as well, without judging them.
HttpRequestParser::Fed feed_past_head(HttpRequestParser& parser, std::span<const std::byte> text) {
  const auto head = parser.feed(text);
  if (head.progress != Progress::kHead) return head;
  const auto rest = parser.feed(text.subspan(head.consumed));
  return {rest.progress, head.consumed + rest.consumed};
}

struct Outcome {
  std::vector<HttpRequest> requests;
  int error = 0;
  bool in_request = false;
};

/// Feeds the pieces one after the other, as a connection does.
Outcome parse(const std::vector<std::string_view>& pieces, size_t max_body = 100) {
  HttpRequestParser parser(max_body);
  Outcome outcome;
  for (std::string_view piece : pieces) {
    while (!piece.empty() && outcome.error == 0) {
      const auto fed = parser.feed(bytes(piece));
      piece.remove_prefix(fed.consumed);
      if (fed.progress == Progress::kComplete) outcome.requests.push_back(parser.take());
      if (fed.progress == Progress::kError) outcome.error = parser.error_status();
    }
  }
  outcome.in_request = parser.in_request();
  return outcome;
}

/// One that is good for a header or for a name in a query; of two bytes, and another for each number below 2,025.
std::string short_name(size_t number) {
  constexpr std::string_view kCharacters = "abcdefghijklmnopqrstuvwxyz0123456789!$'*-._~^";
  return {kCharacters.at(number / kCharacters.size()), kCharacters.at(number % kCharacters.size())};
}

std::string with_headers(size_t count) {
  std::string text = "GET / HTTP/1.1\n";
  for (size_t i = 0; i < count; ++i) text += short_name(i) + ":\n";
  return text + "\n";
}

std::string with_pairs(size_t count) {
  std::string text = "GET /?";
  for (size_t i = 0; i < count; ++i) text += short_name(i) + "&";
  return text + " HTTP/1.1\n\n";
}

int error_of(std::string_view text, size_t max_body = 100) {
  return parse({text}, max_body).error;
}

TEST(HttpRequestParser, reads_a_whole_request) {
  const Outcome outcome =
      parse({"POST /api/x%20y?user=a%26b&n=1 HTTP/1.1\r\nHost: h\r\nX-Twice: 1\r\nx-twice: 2\r\n"
             "Empty:\r\nContent-Length: 5\r\n\r\nhello"});
  ASSERT_EQ(outcome.requests.size(), 1u);
  const HttpRequest& request = outcome.requests[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/api/x y");
  EXPECT_EQ(request.query.at("user"), "a&b");
  EXPECT_EQ(request.query.at("n"), "1");
  EXPECT_EQ(request.headers.at("host"), "h");
  EXPECT_EQ(request.headers.at("x-twice"), "1, 2");
  EXPECT_EQ(request.headers.at("empty"), "");
  EXPECT_EQ(request.body, "hello");
  EXPECT_TRUE(request.keep_alive);
  EXPECT_FALSE(outcome.in_request);
}

TEST(HttpRequestParser, every_split_point_gives_the_same) {
  constexpr std::string_view kText =
      "GET /a?b=c HTTP/1.1\r\nHost: example\r\nAccept: x\r\n\r\n"
      "POST /d HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n"
      "HEAD /e HTTP/1.0\r\n\r\n";
  for (size_t split = 0; split <= kText.size(); ++split) {
    const Outcome outcome = parse({kText.substr(0, split), kText.substr(split)});
    ASSERT_EQ(outcome.error, 0) << split;
    ASSERT_EQ(outcome.requests.size(), 3u) << split;
    EXPECT_EQ(outcome.requests[0].path + outcome.requests[0].query.at("b"), "/ac");
    EXPECT_EQ(outcome.requests[0].headers.size(), 2u);
    EXPECT_EQ(outcome.requests[0].headers.at("host"), "example");
    EXPECT_EQ(outcome.requests[1].body, "abcde");
    EXPECT_FALSE(outcome.requests[1].headers.contains("trailer"));
    EXPECT_EQ(outcome.requests[2].method, "HEAD");
    EXPECT_FALSE(outcome.requests[2].keep_alive);
  }
}

TEST(HttpRequestParser, single_bytes_give_the_same) {
  constexpr std::string_view kText =
      "POST /d?x=%41 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n\r\n";
  std::vector<std::string_view> pieces;
  for (size_t i = 0; i < kText.size(); ++i) pieces.push_back(kText.substr(i, 1));
  const Outcome outcome = parse(pieces);
  ASSERT_EQ(outcome.requests.size(), 2u);
  EXPECT_EQ(outcome.requests[0].query.at("x"), "A");
  EXPECT_EQ(outcome.requests[0].body, "abc");
  EXPECT_EQ(outcome.requests[1].path, "/");
}

TEST(HttpRequestParser, what_is_sent_ahead_waits_for_take) {
  constexpr std::string_view kOne = "GET /1 HTTP/1.1\r\n\r\n";
  const std::string two = std::string(kOne) + "GET /2 HTTP/1.1\r\n\r\n";
  HttpRequestParser parser(0);
  const auto fed = feed_past_head(parser, bytes(two));
  EXPECT_EQ(fed.progress, Progress::kComplete);
  EXPECT_EQ(fed.consumed, kOne.size());
  EXPECT_EQ(parser.feed(bytes(two)).consumed, 0u);
  EXPECT_EQ(parser.take().path, "/1");
  EXPECT_EQ(feed_past_head(parser, bytes(two).subspan(kOne.size())).progress, Progress::kComplete);
  EXPECT_EQ(parser.take().path, "/2");
}

TEST(HttpRequestParser, keep_alive_is_the_clients_wish) {
  EXPECT_TRUE(parse({"GET / HTTP/1.1\r\n\r\n"}).requests.at(0).keep_alive);
  EXPECT_FALSE(parse({"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"}).requests.at(0).keep_alive);
  EXPECT_FALSE(parse({"GET / HTTP/1.0\r\n\r\n"}).requests.at(0).keep_alive);
  EXPECT_TRUE(parse({"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"}).requests.at(0).keep_alive);
}

TEST(HttpRequestParser, an_upgrade_ends_behind_its_headers) {
  constexpr std::string_view kText = "GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  HttpRequestParser parser(0);
  const std::string with_frames = std::string(kText) + "\x81\x05hello";
  const auto fed = feed_past_head(parser, bytes(with_frames));
  EXPECT_EQ(fed.progress, Progress::kComplete);
  EXPECT_EQ(fed.consumed, kText.size());
  const HttpRequest request = parser.take();
  EXPECT_TRUE(request.upgrade);
  EXPECT_EQ(request.headers.at("upgrade"), "websocket");
}

TEST(HttpRequestParser, an_offer_of_another_protocol_is_passed_over) {
  const std::string offer =  // as curl --http2 and Java's HttpClient make it
      " HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: "
      "AAMAAABkAAQAoAAAAAIAAAAA\r\n";
  const Outcome outcome =
      parse({"GET /1" + offer + "\r\nPOST /2" + offer + "Content-Length: 4\r\n\r\nbodyGET /3 HTTP/1.1\r\n\r\n"});
  ASSERT_EQ(outcome.requests.size(), 3u);
  EXPECT_EQ(outcome.requests[1].body, "body");
  EXPECT_EQ(outcome.requests[2].path, "/3");
  for (const HttpRequest& request : outcome.requests) EXPECT_FALSE(request.upgrade || !request.keep_alive);
}

TEST(HttpRequestParser, a_tunnel_is_not_http) {
  const Outcome outcome = parse({"CONNECT example.org:443 HTTP/1.1\r\n\r\n"});
  ASSERT_EQ(outcome.requests.size(), 1u);
  EXPECT_TRUE(outcome.requests[0].upgrade);
}

TEST(HttpRequestParser, absolute_urls_and_stars) {
  EXPECT_EQ(parse({"GET http://host:80/p?q=1 HTTP/1.1\r\n\r\n"}).requests.at(0).path, "/p");
  EXPECT_EQ(parse({"GET http://host HTTP/1.1\r\n\r\n"}).requests.at(0).path, "/");
  EXPECT_EQ(parse({"OPTIONS * HTTP/1.1\r\n\r\n"}).requests.at(0).path, "*");
}

TEST(HttpRequestParser, headers_end_at_their_bound) {
  const std::string head = "GET / HTTP/1.1\r\nX: ";
  const std::string end = "\r\n\r\n";
  const std::string fits = head + std::string(kMaxHttpHeaderBytes - head.size() - end.size(), 'x') + end;
  EXPECT_EQ(parse({fits}).requests.size(), 1u);
  EXPECT_EQ(error_of(head + "x" + fits.substr(head.size())), 431);
  EXPECT_EQ(error_of("GET /" + std::string(kMaxHttpHeaderBytes, 'a') + " HTTP/1.1\r\n\r\n"), 431);
  EXPECT_EQ(error_of(std::string(2 * kMaxHttpHeaderBytes, '\n')), 431);
}

TEST(HttpRequestParser, headers_end_at_their_number) {
  const Outcome outcome = parse({with_headers(kMaxHttpHeaders)});
  ASSERT_EQ(outcome.requests.size(), 1u);
  EXPECT_EQ(outcome.requests[0].headers.size(), kMaxHttpHeaders);
  EXPECT_EQ(error_of(with_headers(kMaxHttpHeaders + 1)), 431);
  ASSERT_LT(with_headers(2'000).size(), kMaxHttpHeaderBytes);
  EXPECT_EQ(error_of(with_headers(2'000)), 431);
  std::string repeated = "GET / HTTP/1.1\n";
  for (size_t i = 0; i < kMaxHttpHeaders; ++i) repeated += "a:\n";
  EXPECT_EQ(error_of(repeated + "\n"), 0);
  EXPECT_EQ(error_of(repeated + "a:\n\n"), 431);
}

TEST(HttpRequestParser, a_malformed_line_behind_too_many_is_400_at_every_split_point) {
  std::string text = with_headers(kMaxHttpHeaders + 1);
  text.replace(text.size() - 1, 1, "name?:value\n\n");
  for (size_t at = 0; at < text.size(); ++at) {
    SCOPED_TRACE(at);
    EXPECT_EQ(parse({std::string_view(text).substr(0, at), std::string_view(text).substr(at)}).error, 400);
  }
}

TEST(HttpRequestParser, pairs_of_the_query_end_at_their_number) {
  const Outcome outcome = parse({with_pairs(100)});
  ASSERT_EQ(outcome.requests.size(), 1u);
  EXPECT_EQ(outcome.requests[0].query.size(), 100u);
  ASSERT_LT(with_pairs(2'000).size(), kMaxHttpHeaderBytes);
  EXPECT_EQ(error_of(with_pairs(2'000)), 400);
}

TEST(HttpRequestParser, the_number_is_that_of_one_request) {
  const std::string text = with_headers(kMaxHttpHeaders);
  EXPECT_EQ(parse({text, text}).requests.size(), 2u);
}

// What stands before the body is longest where it is many small things; then what is read before each of them is
// complete, and one long thing after the other on the same connection.
TEST(HttpRequestParser, whatever_stands_before_the_body_holds_little_memory) {
  constexpr size_t kParsers = 20;
  constexpr size_t kMost = 64 << 10;
  const std::string long_url = "GET /" + std::string(7'000, 'u') + " HTTP/1.1\n\n";
  const std::string long_name = "GET / HTTP/1.1\n" + std::string(7'000, 'n') + ":\n\n";
  const std::string long_value = "GET / HTTP/1.1\nv:" + std::string(7'000, 'v') + "\n\n";
  std::string full = "GET /?";
  for (size_t i = 0; i < 100; ++i) full += short_name(i) + "=" + std::string(30, 'q') + "&";
  full += " HTTP/1.1\n";
  for (size_t i = 0; i < kMaxHttpHeaders; ++i) full += short_name(i) + ":" + std::string(35, 'h') + "\n";
  ASSERT_LT(full.size(), kMaxHttpHeaderBytes);
  for (const std::string& last : {full + "\n", full, with_headers(2'000), with_pairs(2'000)}) {
    std::vector<HttpRequestParser> parsers;
    parsers.reserve(kParsers);
    const size_t before = heap_in_use();
    for (size_t i = 0; i < kParsers; ++i) {
      HttpRequestParser& parser = parsers.emplace_back(size_t{0});
      for (const std::string& text : {long_url, long_name, long_value}) {
        ASSERT_EQ(feed_past_head(parser, bytes(text)).progress, Progress::kComplete);
        parser.take();
      }
      parser.feed(bytes(last));
    }
    EXPECT_LT(heap_in_use() - before, kParsers * kMost) << last.substr(0, 20);
  }
}

TEST(HttpRequestParser, bodies_end_at_their_bound) {
  EXPECT_EQ(error_of("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n123", 3), 0);
  EXPECT_EQ(error_of("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n", 3), 413);
  EXPECT_EQ(error_of("POST / HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n", 3), 413);
  EXPECT_EQ(error_of("POST / HTTP/1.1\r\nContent-Length: 18446744073709551614\r\n\r\n", 3), 400);
  EXPECT_EQ(error_of("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n", 3), 413);
  EXPECT_EQ(error_of("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 3), 0);
}

TEST(HttpRequestParser, stops_behind_the_headers_at_every_split_point) {
  constexpr std::string_view kHead = "PUT /p?q=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n";
  const std::string text = std::string(kHead) + "body";
  for (size_t split = 0; split <= text.size(); ++split) {
    HttpRequestParser parser(0);
    int heads = 0;
    int completed = 0;
    for (std::string_view piece : {std::string_view(text).substr(0, split), std::string_view(text).substr(split)}) {
      while (!piece.empty()) {
        const auto fed = parser.feed(bytes(piece));
        piece.remove_prefix(fed.consumed);
        ASSERT_NE(fed.progress, Progress::kError) << split;
        if (fed.progress == Progress::kComplete) ++completed;
        if (fed.progress != Progress::kHead) continue;
        ++heads;
        EXPECT_EQ(parser.head().method + parser.head().path, "PUT/p");
        EXPECT_EQ(parser.head().headers.at("host"), "h");
        EXPECT_TRUE(parser.has_body() && parser.head().body.empty());
        EXPECT_TRUE(parser.allow_body(4));
      }
    }
    ASSERT_EQ(heads, 1) << split;
    ASSERT_EQ(completed, 1) << split;
    EXPECT_EQ(parser.take().body, "body");
  }
}

TEST(HttpRequestParser, the_limit_of_one_request_is_not_that_of_the_next) {
  constexpr std::string_view kText = "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody";
  HttpRequestParser parser(3);
  auto fed = parser.feed(bytes(kText));
  ASSERT_EQ(fed.progress, Progress::kHead);
  EXPECT_TRUE(parser.allow_body(4));
  EXPECT_EQ(parser.feed(bytes(kText).subspan(fed.consumed)).progress, Progress::kComplete);
  parser.take();
  fed = parser.feed(bytes(kText));
  ASSERT_EQ(fed.progress, Progress::kHead);
  EXPECT_FALSE(parser.allow_body(3));
  EXPECT_EQ(parser.feed(bytes(kText).subspan(fed.consumed)).progress, Progress::kError);
  EXPECT_EQ(parser.error_status(), 413);
}

TEST(HttpRequestParser, knows_who_waits_to_be_told_to_go_on) {
  const auto waits = [](std::string_view text) {
    HttpRequestParser parser(100);
    EXPECT_EQ(parser.feed(bytes(text)).progress, Progress::kHead);
    return parser.expects_continue();
  };
  EXPECT_TRUE(waits("POST / HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_TRUE(waits("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-CONTINUE\r\n\r\n"));
  EXPECT_FALSE(waits("POST / HTTP/1.1\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_FALSE(waits("POST / HTTP/1.0\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_FALSE(waits("POST / HTTP/1.1\r\nContent-Length: 4\r\nExpect: miracles\r\n\r\n"));
  EXPECT_FALSE(waits("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n"));
}

TEST(HttpRequestParser, what_is_not_a_request_is_400) {
  for (const std::string_view text :
       {"nonsense\r\n\r\n", "\x16\x03\x01\x02", "GET / HTTP/x\r\n\r\n", "GET /%zz HTTP/1.1\r\n\r\n",
        "GET /?a=%0 HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nBad Header: 1\r\n\r\n", "GET  HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length : 1\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    EXPECT_EQ(error_of(text), 400) << text;
  }
  EXPECT_EQ(error_of(std::string_view("\0\0\0\x10\0\x01", 6)), 400) << "a PDU on the wrong port";
}

TEST(HttpRequestParser, other_versions_are_505) {
  EXPECT_EQ(error_of("GET / HTTP/2.0\r\n\r\n"), 505);
  EXPECT_EQ(error_of("GET /\r\n\r\n"), 505);
}

TEST(HttpRequestParser, an_error_lasts) {
  HttpRequestParser parser(0);
  EXPECT_EQ(parser.feed(bytes("nonsense\r\n")).progress, Progress::kError);
  const auto fed = parser.feed(bytes("GET / HTTP/1.1\r\n\r\n"));
  EXPECT_EQ(fed.progress, Progress::kError);
  EXPECT_EQ(fed.consumed, 0u);
}

TEST(HttpRequestParser, knows_whether_a_request_has_begun) {
  HttpRequestParser parser(10);
  EXPECT_FALSE(parser.in_request());
  EXPECT_EQ(parser.feed(bytes("GE")).progress, Progress::kMore);
  EXPECT_TRUE(parser.in_request());
}

TEST(HttpRequest, is_local_where_this_machine_asks_and_not_for_somebody_else) {
  HttpRequest request;
  EXPECT_TRUE(is_local(request, "127.0.0.1"));
  EXPECT_TRUE(is_local(request, "::1"));
  EXPECT_FALSE(is_local(request, "10.0.0.1"));
  for (const char* name : {"forwarded", "x-forwarded-for", "x-real-ip", "via"}) {
    HttpRequest through_a_proxy;
    through_a_proxy.headers[name] = "203.0.113.7";
    EXPECT_FALSE(is_local(through_a_proxy, "127.0.0.1")) << name;
  }
}

}  // namespace
}  // namespace talkbeat
