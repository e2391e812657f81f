// HttpPort::stream: large answers, piece by piece.
#include <gmock/gmock.h>

#include "tests/unit/http_port_fixture.h"

namespace talkbeat {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class HttpPortStreamTest : public HttpPortTest {
 protected:
  static constexpr size_t kPiece = 10'000;

  HttpPortStreamTest() {
    handler = [this](const Connection& connection) -> std::optional<HttpResponse> {
      http.stream(connection.id(), {200, "image/png", ""}, content.size(), [this](ConnId id, uint64_t offset) {
        wanted.push_back(offset);
        if (at_once) give(id);
      });
      return std::nullopt;
    };
    for (size_t i = 0; i < 100'000; ++i) content += static_cast<char>('a' + i % 26);
    content += "end";
  }
  void give(ConnId id) { http.chunk(id, std::string_view(content).substr(wanted.back(), kPiece)); }

  std::string content;
  std::vector<uint64_t> wanted;
  bool at_once = true;
};

TEST_F(HttpPortStreamTest, the_whole_body_arrives_and_the_next_request_is_answered) {
  Pair pair = connect();
  pair.peer.send(get_of("/1") + get_of("/2"));
  const std::string first = receive(pair, "end");
  EXPECT_THAT(first, StartsWith("HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 100003\r\n"));
  EXPECT_EQ(first.substr(first.find("\r\n\r\n") + 4, content.size()), content);
  ASSERT_TRUE(handles(2));
  receive(pair, "end");
  EXPECT_EQ(wanted.size(), 22U);
  EXPECT_TRUE(closed.empty());
}

TEST_F(HttpPortStreamTest, pieces_may_come_later) {
  at_once = false;
  Pair pair = connect();
  pair.peer.send(request_of("GET", "/", "Connection: close\r\n"));
  ASSERT_TRUE(handles(1));
  std::string text;
  for (size_t i = 0; i * kPiece < content.size(); ++i) {
    ASSERT_TRUE(turn_until([&] { return wanted.size() == i + 1; })) << i;
    pass(2 * kTimeout);  // the disk is slow, not the reader
    give(asker);
    text += pair.peer.receive();
  }
  text += receive(pair, "end");
  EXPECT_THAT(text, EndsWith(content));
  EXPECT_TRUE(closes(pair));
  EXPECT_THAT(closed, ElementsAre("answered"));
}

TEST_F(HttpPortStreamTest, head_gets_the_headers_alone) {
  Pair pair = connect();
  pair.peer.send(request_of("HEAD", "/") + request_of("HEAD", "/"));
  ASSERT_TRUE(handles(2));
  turn();
  turn();
  const std::string text = pair.peer.receive();
  EXPECT_THAT(text, HasSubstr("Content-Length: 100003\r\n"));
  EXPECT_THAT(text, EndsWith("\r\n\r\n"));
  EXPECT_TRUE(wanted.empty());
}

TEST_F(HttpPortStreamTest, an_empty_body_is_one) {
  content.clear();
  Pair pair = connect();
  pair.peer.send(get_of("/") + get_of("/"));
  ASSERT_TRUE(handles(2));
  EXPECT_THAT(receive(pair, "Length: 0"), HasSubstr("Content-Length: 0\r\n"));
}

TEST_F(HttpPortStreamTest, many_slow_readers_hold_one_piece_each) {
  while (content.size() < 8'000'000) content += content;
  std::vector<Pair> pairs;
  for (int i = 0; i < 20; ++i) {
    pairs.push_back(connect(4'096));
    pairs.back().peer.send(get_of("/"));
  }
  ASSERT_TRUE(handles(20));
  size_t most = 0;
  size_t pieces = SIZE_MAX;
  ASSERT_TRUE(turn_until([&] {
    size_t held = 0;
    table.for_each([&held](Connection& connection) { held += connection.waiting_to_send(); });
    most = std::max(most, held);
    return std::exchange(pieces, wanted.size()) == wanted.size();
  }));
  EXPECT_LT(wanted.size(), 20 * content.size() / kPiece);
  EXPECT_LE(most, 20 * (kPiece + 300));
}

TEST_F(HttpPortStreamTest, a_slow_reader_may_take_the_timeout_for_each_piece) {
  while (content.size() < 8'000'000) content += content;
  Pair pair = connect(4'096);
  pair.peer.send(get_of("/"));
  ASSERT_TRUE(handles(1));
  size_t got = 0;
  for (int i = 0; got < content.size() && i < 100'000; ++i) {
    clock.advance(kTimeout / 10);
    turn();
    got += pair.peer.receive().size();
  }
  EXPECT_GT(got, content.size());
  EXPECT_TRUE(closed.empty());
}

TEST_F(HttpPortStreamTest, a_reader_that_takes_nothing_is_closed) {
  while (content.size() < 8'000'000) content += content;
  Pair pair = connect(4'096);
  pair.peer.send(get_of("/"));
  ASSERT_TRUE(handles(1));
  size_t pieces = 0;
  ASSERT_TRUE(turn_until([&] { return std::exchange(pieces, wanted.size()) == wanted.size(); }));
  pass(kTimeout + 300);
  EXPECT_THAT(closed, ElementsAre("slow_consumer"));
}

TEST_F(HttpPortStreamTest, a_piece_that_cannot_be_had_ends_the_connection) {
  at_once = false;
  Pair pair = connect();
  pair.peer.send(get_of("/"));
  ASSERT_TRUE(turn_until([&] { return wanted.size() == 1; }));
  give(asker);
  ASSERT_TRUE(turn_until([&] { return wanted.size() == 2; }));
  http.chunk(asker, "");
  EXPECT_TRUE(closes(pair));
  EXPECT_THAT(closed, ElementsAre("io_error"));
  http.chunk(asker, "too late");
}

TEST_F(HttpPortStreamTest, a_reader_that_goes_ends_the_stream) {
  at_once = false;
  Pair pair = connect();
  pair.peer.send(get_of("/"));
  ASSERT_TRUE(turn_until([&] { return wanted.size() == 1; }));
  pair.peer.reset();
  pass(100);
  ASSERT_EQ(table.size(), 0U);
  give(asker);
  EXPECT_EQ(wanted.size(), 1U);
}

}  // namespace
}  // namespace talkbeat
