#include "base/buffer.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/unit/bytes_of.h"

namespace talkbeat {
namespace {

SharedBytes shared(std::string_view text) {
  SharedBytes block(text.size());
  std::ranges::copy(bytes_of(text), block.bytes().begin());
  return block;
}

/// An OutBuffer with a pool of its own.
struct Buffer {
  bool empty() const { return out.empty(); }
  size_t size() const { return out.size(); }
  template <class Bytes>
  void append(const Bytes& bytes) {
    out.append(pool, bytes);
  }
  void consume(size_t count) { out.consume(pool, count); }
  void clear() { out.clear(pool); }

  OutPool pool;
  OutBuffer out;
};

std::string front(const Buffer& buffer, size_t limit = 1'000) {
  std::vector<iovec> pieces;
  std::string text;
  for (const iovec& piece : buffer.out.gather(pieces, limit)) {
    text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  }
  return text;
}

size_t piece_count(const Buffer& buffer) {
  std::vector<iovec> pieces;
  return buffer.out.gather(pieces, 1'000'000).size();
}

TEST(OutBuffer, small_writes_are_gathered_into_one_piece) {
  Buffer buffer;
  for (const char* text : {"one ", "two ", "three"}) buffer.append(bytes_of(text));
  EXPECT_EQ(front(buffer), "one two three");
  EXPECT_EQ(piece_count(buffer), 1U);
  EXPECT_EQ(buffer.size(), 13U);
}

TEST(OutBuffer, large_shared_bytes_are_referred_to_and_small_ones_copied) {
  const SharedBytes large = shared(std::string(600, 'L'));
  const SharedBytes small = shared("s");
  Buffer buffer;
  buffer.append(large);
  buffer.append(small);
  buffer.append(large);
  buffer.append(bytes_of("x"));
  std::vector<iovec> pieces;
  buffer.out.gather(pieces, 10);
  ASSERT_EQ(pieces.size(), 4U);
  EXPECT_EQ(pieces[0].iov_base, large.bytes().data());
  EXPECT_NE(pieces[1].iov_base, small.bytes().data());
  EXPECT_EQ(pieces[2].iov_base, large.bytes().data());
  EXPECT_EQ(buffer.size(), 1'202U);
}

TEST(OutBuffer, shared_bytes_outlive_their_maker) {
  Buffer buffer;
  buffer.append(shared(std::string(1'000, 'z')));
  EXPECT_EQ(front(buffer), std::string(1'000, 'z'));
}

TEST(OutBuffer, what_was_sent_in_part_goes_on_where_it_stopped) {
  Buffer buffer;
  buffer.append(bytes_of("hello"));
  buffer.consume(2);
  EXPECT_EQ(front(buffer), "llo");
  buffer.append(bytes_of(" again"));
  buffer.consume(4);
  EXPECT_EQ(front(buffer), "again");
  buffer.consume(5);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(piece_count(buffer), 0U);
}

TEST(OutBuffer, gather_stops_at_its_limit) {
  Buffer buffer;
  for (int i = 0; i < 5; ++i) buffer.append(shared(std::string(600, static_cast<char>('a' + i))));
  EXPECT_EQ(front(buffer, 2), std::string(600, 'a') + std::string(600, 'b'));
}

TEST(OutBuffer, clearing_forgets_all) {
  Buffer buffer;
  buffer.append(bytes_of("x"));
  buffer.clear();
  EXPECT_TRUE(buffer.empty());
  buffer.append(bytes_of("y"));
  EXPECT_EQ(front(buffer), "y");
}

TEST(OutBuffer, a_queue_that_is_never_quite_empty_keeps_its_order) {
  Buffer buffer;
  const std::string text(600, 'q');
  buffer.append(shared(text));
  for (int i = 0; i < 10'000; ++i) {
    buffer.append(shared(text));
    buffer.consume(text.size());
  }
  EXPECT_EQ(front(buffer), text);
}

TEST(OutBuffer, random_use_equals_a_string) {
  std::mt19937_64 random(7);
  Buffer buffer;
  std::string model;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text(random() % (i % 50 == 0 ? 40'000 : 700), static_cast<char>('a' + random() % 26));
    switch (random() % 4) {
      case 0:
        buffer.append(bytes_of(text)), model += text;
        break;
      case 1:
        buffer.append(shared(text)), model += text;
        break;
      default: {
        const size_t count = random() % (model.size() + 1);
        buffer.consume(count);
        model.erase(0, count);
      }
    }
    ASSERT_EQ(buffer.size(), model.size());
    if (i % 20 == 0) {
      ASSERT_EQ(front(buffer, 1'000'000), model);
    }
  }
}

TEST(OutPool, an_emptied_queue_serves_the_next_one) {
  OutPool pool;
  OutBuffer first;
  first.append(pool, bytes_of("hello"));
  first.consume(pool, 5);
  EXPECT_GT(pool.kept_bytes(), 0U);
  OutBuffer second;
  second.append(pool, bytes_of("again"));
  EXPECT_EQ(pool.kept_bytes(), 0U);
  std::vector<iovec> pieces;
  second.gather(pieces, 10);
  ASSERT_EQ(pieces.size(), 1U);
  EXPECT_EQ(std::string(static_cast<const char*>(pieces[0].iov_base), pieces[0].iov_len), "again");
}

TEST(OutPool, what_a_burst_has_left_is_not_kept) {
  OutPool pool;
  OutBuffer buffer;
  buffer.append(pool, bytes_of(std::string(10'000, 'b')));
  buffer.clear(pool);
  EXPECT_EQ(pool.kept_bytes(), 0U);
}

TEST(OutPool, keeps_no_more_than_it_may) {
  OutPool pool;
  std::vector<OutBuffer> many(2'000);
  for (OutBuffer& buffer : many) buffer.append(pool, bytes_of(std::string(3'000, 'm')));
  for (OutBuffer& buffer : many) buffer.clear(pool);
  EXPECT_LE(pool.kept_bytes(), OutPool::kMaxBytes);
  EXPECT_GT(pool.kept_bytes(), OutPool::kMaxBytes / 2);
}

TEST(OutPool, a_kept_queue_refers_to_nobodys_bytes) {
  OutPool pool;
  OutBuffer buffer;
  buffer.append(pool, shared(std::string(600, 's')));
  buffer.append(pool, bytes_of("own"));
  buffer.clear(pool);
  buffer.append(pool, bytes_of("new"));
  EXPECT_EQ(buffer.size(), 3U);
}

TEST(SharedBytes, an_empty_one_has_no_bytes) {
  SharedBytes none;
  EXPECT_EQ(none.size(), 0U);
  SharedBytes copy = none;
  copy = shared("x");
  none = copy;
  copy = SharedBytes();
  EXPECT_EQ(none.size(), 1U);
}

TEST(SharedBytes, copies_and_moves_refer_to_the_same_bytes) {
  SharedBytes first = shared("abc");
  const std::byte* place = first.bytes().data();
  const SharedBytes second = first;
  const SharedBytes third = std::move(first);
  EXPECT_EQ(second.bytes().data(), place);
  EXPECT_EQ(third.bytes().data(), place);
}

}  // namespace
}  // namespace talkbeat
