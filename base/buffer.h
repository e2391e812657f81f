#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/uio.h>

namespace talkbeat {

/// Bytes that several connections can send without copying them: filled once, then shared. Counted, and freed with the
/// last reference; not thread-safe, the loop's thread only.
class SharedBytes {
 public:
  SharedBytes() = default;
  explicit SharedBytes(size_t size);
  SharedBytes(const SharedBytes& other);
  SharedBytes(SharedBytes&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedBytes& operator=(SharedBytes other) noexcept;
  ~SharedBytes();

  std::span<std::byte> bytes();
  std::span<const std::byte> bytes() const;
  size_t size() const { return bytes().size(); }

 private:
  struct Block {  // the bytes follow it in the same allocation
    uint32_t references = 1;
    size_t size = 0;
  };

  Block* block_ = nullptr;
};

/// What an OutBuffer holds while bytes wait: in front what was gathered from small writes, behind it the rest in
/// pieces.
struct OutQueue {
  struct Piece {
    SharedBytes shared;          // either this …
    std::vector<std::byte> own;  // … or bytes gathered here
    size_t begin = 0;            // what was sent already

    std::span<const std::byte> rest() const;
  };

  std::vector<std::byte> front;
  size_t front_sent = 0;
  std::vector<Piece> pieces;
  size_t first = 0;  // pieces before it are sent
  size_t size = 0;
};

/// Queues that were emptied, kept for the next ones who send: else whoever sends a little each turn would allocate and
/// free each turn. Bounded in bytes. One for all connections of a loop, owned by their ConnectionTable.
class OutPool {
 public:
  std::unique_ptr<OutQueue> take();
  void give_back(std::unique_ptr<OutQueue> queue);
  size_t kept_bytes() const { return kept_bytes_; }

  static constexpr size_t kMaxBytes = 1 << 20;

 private:
  std::vector<std::unique_ptr<OutQueue>> kept_;
  size_t kept_bytes_ = 0;
};

/// What waits to be sent on one connection, in order: small writes gathered, large shared ones referred to. Costs no
/// memory while it is empty: then its queue is back in the pool, which is the same in all calls and outlives the use.
///
///   out.append(pool, bytes);
///   out.consume(pool, send(out.gather(pieces, 64)));
class OutBuffer {
 public:
  bool empty() const { return queue_ == nullptr; }
  size_t size() const { return queue_ == nullptr ? 0 : queue_->size; }

  void append(OutPool& pool, std::span<const std::byte> bytes);
  /// Refers to the bytes instead of copying them where that pays.
  void append(OutPool& pool, const SharedBytes& shared);
  /// Room for `count` bytes at the end, which the caller fills at once.
  std::span<std::byte> extend(OutPool& pool, size_t count);

  /// Up to `limit` pieces from the front, as writev() takes them; valid until the next change.
  std::vector<iovec>& gather(std::vector<iovec>& pieces, size_t limit) const;
  /// Forgets `count` bytes at the front: they were sent.
  void consume(OutPool& pool, size_t count);
  void clear(OutPool& pool);

 private:
  OutQueue& queue(OutPool& pool);

  std::unique_ptr<OutQueue> queue_;  // only while bytes wait
};

}  // namespace talkbeat
