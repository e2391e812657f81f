#include "base/pdu.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>

#include "tests/bench/allocations.h"
#include "tests/unit/bytes_of.h"

namespace talkbeat {
namespace {

using Outcome = PduFramer::Outcome;
constexpr size_t kLimit = 1'000;

std::string header_bytes(uint32_t length, uint16_t command = 0x0701, uint16_t seq_num = 0) {
  PduHeader header;
  header.length = length;
  header.service_id = static_cast<uint16_t>(command >> 8);
  header.command_id = command;
  header.seq_num = seq_num;
  std::string text(kPduHeaderSize, '\0');
  encode_header(header, std::as_writable_bytes(std::span(text)));
  return text;
}

std::string framed(std::string_view body, uint16_t seq_num) {
  return header_bytes(static_cast<uint32_t>(kPduHeaderSize + body.size()), 0x0701, seq_num) + std::string(body);
}

/// What a framer made of a stream.
struct Reader {
  Outcome feed(std::string_view text) {
    // A copy of its own size: a byte read past the end is found by the sanitizer.
    const std::vector<std::byte> exact(bytes_of(text).begin(), bytes_of(text).end());
    const auto note = [this](const PduHeader& header, std::span<const std::byte> body) {
      seen += std::to_string(header.seq_num) + ":" +
              std::string(reinterpret_cast<const char*>(body.data()), body.size()) + ";";
      return !stop_after.has_value() || header.seq_num != *stop_after;
    };
    const uint64_t before = bench::allocations();
    const Outcome outcome = framer.feed(
        exact, [this] { return limit; }, note);
    allocations = bench::allocations() - before;
    return outcome;
  }

  PduFramer framer;
  uint64_t allocations = 0;  // of the last feed(), with those of `seen`
  size_t limit = kLimit;
  std::optional<uint16_t> stop_after;
  std::string seen;
};

const std::string kConversation =
    framed("", 1) + framed("hello", 2) + framed("", 3) + framed("", 4) + framed(std::string(40, 'x'), 5);
const std::string kSeen = "1:;2:hello;3:;4:;5:" + std::string(40, 'x') + ";";

TEST(PduHeader, stands_on_the_wire_as_the_protocol_says) {
  PduHeader header;
  header.length = 0x01020304;
  header.version = 0x0506;
  header.flag = 0x0708;
  header.service_id = 0x090a;
  header.command_id = 0x0b0c;
  header.seq_num = 0x0d0e;
  header.reserved = 0xff10;
  std::array<std::byte, kPduHeaderSize> raw{};
  encode_header(header, raw);
  for (size_t i = 0; i < 14; ++i) EXPECT_EQ(std::to_integer<size_t>(raw[i]), i + 1);
  EXPECT_EQ(raw[14], std::byte{0xff});
  const PduHeader again = decode_header(raw);
  EXPECT_EQ(again.length, header.length);
  EXPECT_EQ(again.version, header.version);
  EXPECT_EQ(again.flag, header.flag);
  EXPECT_EQ(again.service_id, header.service_id);
  EXPECT_EQ(again.command_id, header.command_id);
  EXPECT_EQ(again.seq_num, header.seq_num);
  EXPECT_EQ(again.reserved, header.reserved);
}

TEST(PduFramer, many_pdus_in_one_chunk_come_out_in_order) {
  Reader reader;
  EXPECT_EQ(reader.feed(kConversation), Outcome::kOk);
  EXPECT_EQ(reader.seen, kSeen);
  EXPECT_FALSE(reader.framer.partial());
}

TEST(PduFramer, every_split_point_gives_the_same) {
  for (size_t first = 0; first <= kConversation.size(); ++first) {
    for (size_t second = first; second <= kConversation.size(); ++second) {
      Reader reader;
      reader.feed(std::string_view(kConversation).substr(0, first));
      reader.feed(std::string_view(kConversation).substr(first, second - first));
      reader.feed(std::string_view(kConversation).substr(second));
      ASSERT_EQ(reader.seen, kSeen) << first << " " << second;
      ASSERT_FALSE(reader.framer.partial());
    }
  }
}

TEST(PduFramer, single_bytes_give_the_same) {
  Reader reader;
  for (const char byte : kConversation) EXPECT_EQ(reader.feed(std::string_view(&byte, 1)), Outcome::kOk);
  EXPECT_EQ(reader.seen, kSeen);
}

TEST(PduFramer, random_streams_in_random_chunks_equal_the_whole) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    std::string stream;
    for (uint16_t i = 0; i < 50; ++i) stream += framed(std::string(random() % 3 == 0 ? 0 : random() % 900, 'r'), i);
    Reader whole;
    whole.feed(stream);
    Reader chunked;
    for (size_t at = 0; at < stream.size();) {
      const size_t size = std::min<size_t>(1 + random() % (seed % 2 == 0 ? 40 : 3'000), stream.size() - at);
      ASSERT_EQ(chunked.feed(std::string_view(stream).substr(at, size)), Outcome::kOk);
      at += size;
    }
    ASSERT_EQ(chunked.seen, whole.seen) << seed;
  }
}

TEST(PduFramer, lengths_below_the_headers_are_refused) {
  for (uint32_t length = 0; length < kPduHeaderSize; ++length) {
    Reader reader;
    EXPECT_EQ(reader.feed(header_bytes(length)), Outcome::kBadLength) << length;
    EXPECT_EQ(reader.framer.bad_length(), length);
  }
}

TEST(PduFramer, lengths_above_the_limit_are_refused_with_the_header_and_without_their_memory) {
  for (const uint32_t length : {uint32_t{kLimit} + 1, uint32_t{1} << 31, UINT32_MAX}) {
    Reader whole;
    EXPECT_EQ(whole.feed(header_bytes(length)), Outcome::kBadLength) << length;
    EXPECT_EQ(whole.allocations, 0u) << length;
    Reader split;
    EXPECT_EQ(split.feed(header_bytes(length).substr(0, 15)), Outcome::kOk);
    EXPECT_EQ(split.feed(header_bytes(length).substr(15)), Outcome::kBadLength) << length;
    EXPECT_LE(split.allocations, 1u) << "the header itself, which has come in two pieces: " << length;
    EXPECT_EQ(split.framer.bad_length(), length);
  }
}

TEST(PduFramer, the_limit_itself_is_allowed) {
  Reader reader;
  const std::string body(kLimit - kPduHeaderSize, 'b');
  EXPECT_EQ(reader.feed(framed(body, 1)), Outcome::kOk);
  EXPECT_EQ(reader.seen, "1:" + body + ";");
}

TEST(PduFramer, what_came_before_a_bad_length_is_handled) {
  Reader reader;
  EXPECT_EQ(reader.feed(framed("ok", 1) + header_bytes(3) + framed("never", 2)), Outcome::kBadLength);
  EXPECT_EQ(reader.seen, "1:ok;");
}

TEST(PduFramer, the_limit_is_asked_anew_for_each_pdu_of_a_chunk) {
  const std::string large(500, 'l');
  const std::string stream = framed("login", 1) + framed(large, 2);
  for (const bool raised : {true, false}) {
    PduFramer framer;
    size_t limit = raised ? 100 : 1'000;
    int seen = 0;
    const auto change = [&](const PduHeader&, std::span<const std::byte>) {
      limit = raised ? 1'000 : 100;
      ++seen;
      return true;
    };
    const Outcome outcome = framer.feed(
        bytes_of(stream), [&] { return limit; }, change);
    EXPECT_EQ(outcome, raised ? Outcome::kOk : Outcome::kBadLength);
    EXPECT_EQ(seen, raised ? 2 : 1);
  }
}

TEST(PduFramer, a_stop_leaves_the_rest_unread) {
  Reader reader;
  reader.stop_after = 2;
  EXPECT_EQ(reader.feed(kConversation), Outcome::kStopped);
  EXPECT_EQ(reader.seen, "1:;2:hello;");
}

TEST(PduFramer, partial_tells_whether_a_pdu_has_begun) {
  Reader reader;
  EXPECT_FALSE(reader.framer.partial());
  reader.feed(kConversation.substr(0, 1));
  EXPECT_TRUE(reader.framer.partial());
  reader.feed(kConversation.substr(1, 15));
  EXPECT_FALSE(reader.framer.partial());
  reader.feed(kConversation.substr(16, 20));
  EXPECT_TRUE(reader.framer.partial());
  reader.feed({});
  EXPECT_TRUE(reader.framer.partial());
}

}  // namespace
}  // namespace talkbeat
