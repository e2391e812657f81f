#include "base/buffer.h"

#include <algorithm>

#include "base/check.h"

namespace talkbeat {

namespace {

// Below this, copying is cheaper than a reference and a piece of its own in every receiver's buffer.
constexpr size_t kWorthSharing = 512;
// Gathered bytes are kept in pieces of about this size, so that a long queue never has to be moved.
constexpr size_t kGatherLimit = 16 * 1024;
// The places of sent pieces are given back from this many on: a queue that is never quite empty must not grow.
constexpr size_t kSentPiecesKept = 32;
// A queue that has grown beyond this is not kept: it was a burst.
constexpr size_t kWorthKeeping = 4 * 1024;

size_t memory_of(const OutQueue& queue) {
  return sizeof(OutQueue) + queue.front.capacity() + queue.pieces.capacity() * sizeof(OutQueue::Piece);
}

// In few steps: who gets more than a little in a turn mostly gets a lot (a busy group's member).
void grow(std::vector<std::byte>& bytes, size_t size) {
  if (size > bytes.capacity()) bytes.reserve(std::max(size, std::min(bytes.capacity() * 4, kGatherLimit)));
  bytes.resize(size);
}

void forget_sent_pieces(OutQueue& queue) {
  if (queue.first < kSentPiecesKept || queue.first * 2 < queue.pieces.size()) return;
  queue.pieces.erase(queue.pieces.begin(), queue.pieces.begin() + static_cast<std::ptrdiff_t>(queue.first));
  queue.first = 0;
}

}  // namespace

SharedBytes::SharedBytes(size_t size) {
  auto memory = std::make_unique<std::byte[]>(sizeof(Block) + size);
  block_ = std::construct_at(reinterpret_cast<Block*>(memory.release()), Block{.references = 1, .size = size});
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
  const std::unique_ptr<std::byte[]> last(reinterpret_cast<std::byte*>(block_));
}

std::span<std::byte> SharedBytes::bytes() {
  if (block_ == nullptr) return {};
  return {reinterpret_cast<std::byte*>(block_ + 1), block_->size};
}

std::span<const std::byte> SharedBytes::bytes() const {
  if (block_ == nullptr) return {};
  return {reinterpret_cast<const std::byte*>(block_ + 1), block_->size};
}

std::span<const std::byte> OutQueue::Piece::rest() const {
  const std::span<const std::byte> all = own.empty() ? shared.bytes() : std::span<const std::byte>(own);
  return all.subspan(begin);
}

std::unique_ptr<OutQueue> OutPool::take() {
  if (kept_.empty()) return std::make_unique<OutQueue>();
  std::unique_ptr<OutQueue> queue = std::move(kept_.back());
  kept_.pop_back();
  kept_bytes_ -= memory_of(*queue);
  return queue;
}

void OutPool::give_back(std::unique_ptr<OutQueue> queue) {
  queue->front.clear();
  queue->pieces.clear();
  queue->front_sent = queue->first = queue->size = 0;
  const size_t bytes = memory_of(*queue);
  if (bytes > kWorthKeeping || kept_bytes_ + bytes > kMaxBytes) return;
  kept_bytes_ += bytes;
  kept_.push_back(std::move(queue));
}

OutQueue& OutBuffer::queue(OutPool& pool) {
  if (queue_ == nullptr) queue_ = pool.take();
  return *queue_;
}

void OutBuffer::append(OutPool& pool, std::span<const std::byte> bytes) {
  if (!bytes.empty()) std::ranges::copy(bytes, extend(pool, bytes.size()).begin());
}

void OutBuffer::append(OutPool& pool, const SharedBytes& shared) {
  if (shared.size() < kWorthSharing) {
    append(pool, shared.bytes());
    return;
  }
  OutQueue& queue = this->queue(pool);
  queue.pieces.push_back({shared, {}, 0});
  queue.size += shared.size();
}

std::span<std::byte> OutBuffer::extend(OutPool& pool, size_t count) {
  CHECK(count > 0);
  OutQueue& queue = this->queue(pool);
  std::vector<std::byte>* own = &queue.front;
  if (!queue.pieces.empty() || queue.front.size() + count > kGatherLimit) {
    const auto has_room = [count](const OutQueue::Piece& last) {
      return !last.own.empty() && last.own.size() + count <= kGatherLimit;
    };
    if (queue.pieces.empty() || !has_room(queue.pieces.back())) queue.pieces.emplace_back();
    own = &queue.pieces.back().own;
  }
  grow(*own, own->size() + count);
  queue.size += count;
  return std::span(*own).last(count);
}

std::vector<iovec>& OutBuffer::gather(std::vector<iovec>& pieces, size_t limit) const {
  pieces.clear();
  if (queue_ == nullptr) return pieces;
  const auto add = [&pieces](std::span<const std::byte> rest) {
    pieces.push_back({const_cast<std::byte*>(rest.data()), rest.size()});  // iovec serves readers too
  };
  const auto front = std::span<const std::byte>(queue_->front).subspan(queue_->front_sent);
  if (!front.empty()) add(front);
  for (size_t i = queue_->first; i < queue_->pieces.size() && pieces.size() < limit; ++i) add(queue_->pieces[i].rest());
  return pieces;
}

void OutBuffer::consume(OutPool& pool, size_t count) {
  CHECK(count <= size());
  if (count == size()) return clear(pool);
  OutQueue& queue = *queue_;
  queue.size -= count;
  const size_t of_front = std::min(count, queue.front.size() - queue.front_sent);
  queue.front_sent += of_front;
  count -= of_front;
  while (count > 0) {
    OutQueue::Piece& piece = queue.pieces[queue.first];
    const size_t rest = piece.rest().size();
    if (count < rest) {
      piece.begin += count;
      break;
    }
    count -= rest;
    piece = OutQueue::Piece{};
    ++queue.first;
  }
  forget_sent_pieces(queue);
}

void OutBuffer::clear(OutPool& pool) {
  if (queue_ != nullptr) pool.give_back(std::move(queue_));
}

}  // namespace talkbeat
