#include "base/buffer.h"

#include <algorithm>
#include <memory>

#include "base/check.h"

namespace talkbeat {

namespace {

// Below this, copying is cheaper than a reference and a piece of its own in every receiver's buffer.
constexpr size_t kWorthSharing = 512;
// Gathered bytes are kept in pieces of about this size, so that a long queue never has to be moved.
constexpr size_t kGatherLimit = 16 * 1024;
// The places of sent pieces are given back from this many on: a queue that is never quite empty must not grow.
constexpr size_t kSentPiecesKept = 32;

}  // namespace

SharedBytes::SharedBytes(size_t size) : block_(std::make_unique<Block>().release()) {
  block_->bytes.resize(size);
}

SharedBytes::SharedBytes(const SharedBytes& other) : block_(other.block_) {
  if (block_ != nullptr) ++block_->references;
}

SharedBytes& SharedBytes::operator=(SharedBytes other) noexcept {
  std::swap(block_, other.block_);
  return *this;
}

SharedBytes::~SharedBytes() {
  if (block_ == nullptr || --block_->references > 0) return;
  const std::unique_ptr<Block> last(block_);
}

std::span<std::byte> SharedBytes::bytes() {
  return block_ == nullptr ? std::span<std::byte>() : std::span<std::byte>(block_->bytes);
}

std::span<const std::byte> SharedBytes::bytes() const {
  return block_ == nullptr ? std::span<const std::byte>() : std::span<const std::byte>(block_->bytes);
}

std::span<const std::byte> OutBuffer::Piece::rest() const {
  const std::span<const std::byte> all = own.empty() ? shared.bytes() : std::span<const std::byte>(own);
  return all.subspan(begin);
}

void OutBuffer::append(std::span<const std::byte> bytes) {
  std::ranges::copy(bytes, extend(bytes.size()).begin());
}

void OutBuffer::append(const SharedBytes& shared) {
  if (shared.size() < kWorthSharing) {
    append(shared.bytes());
    return;
  }
  pieces_.push_back({shared, {}, 0});
  size_ += shared.size();
}

std::span<std::byte> OutBuffer::extend(size_t count) {
  const bool fits =
      !pieces_.empty() && !pieces_.back().own.empty() && pieces_.back().own.size() + count <= kGatherLimit;
  if (!fits) pieces_.emplace_back();
  std::vector<std::byte>& own = pieces_.back().own;
  own.resize(own.size() + count);
  size_ += count;
  return std::span(own).last(count);
}

std::vector<iovec>& OutBuffer::gather(std::vector<iovec>& pieces, size_t limit) const {
  pieces.clear();
  for (size_t i = first_; i < pieces_.size() && pieces.size() < limit; ++i) {
    const std::span<const std::byte> rest = pieces_[i].rest();
    pieces.push_back({const_cast<std::byte*>(rest.data()), rest.size()});  // iovec serves readers too
  }
  return pieces;
}

void OutBuffer::consume(size_t count) {
  CHECK(count <= size_);
  size_ -= count;
  while (count > 0) {
    Piece& piece = pieces_[first_];
    const size_t rest = piece.rest().size();
    if (count < rest) {
      piece.begin += count;
      break;
    }
    count -= rest;
    piece = Piece{};
    ++first_;
  }
  if (size_ == 0) {
    clear();
  } else if (first_ >= kSentPiecesKept && first_ * 2 >= pieces_.size()) {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

void OutBuffer::clear() {
  pieces_ = {};
  first_ = 0;
  size_ = 0;
}

}  // namespace talkbeat
