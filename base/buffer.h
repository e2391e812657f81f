#pragma once

#include <cstddef>
#include <cstdint>
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
  friend class OutBuffer;
  struct Block {
    uint32_t references = 1;
    std::vector<std::byte> bytes;
  };

  Block* block_ = nullptr;
};

/// What waits to be sent on one connection, in order: small writes gathered, large shared ones referred to. Costs no
/// memory while it is empty.
class OutBuffer {
 public:
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }

  void append(std::span<const std::byte> bytes);
  /// Refers to the bytes instead of copying them where that pays.
  void append(const SharedBytes& shared);
  /// Room for `count` bytes at the end, which the caller fills at once.
  std::span<std::byte> extend(size_t count);

  /// Up to `limit` pieces from the front, as writev() takes them; valid until the next change.
  std::vector<iovec>& gather(std::vector<iovec>& pieces, size_t limit) const;
  /// Forgets `count` bytes at the front: they were sent.
  void consume(size_t count);
  void clear();

 private:
  struct Piece {
    SharedBytes shared;          // either this …
    std::vector<std::byte> own;  // … or bytes gathered here
    size_t begin = 0;            // what was sent already

    std::span<const std::byte> rest() const;
  };

  std::vector<Piece> pieces_;
  size_t first_ = 0;  // pieces before it are sent
  size_t size_ = 0;
};

}  // namespace talkbeat
