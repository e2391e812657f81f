#include "tools/talkload/ledger.h"

#include <algorithm>

namespace talkbeat::load {

namespace {

bool holds(const std::vector<uint32_t>& sorted, uint32_t number) {
  return std::binary_search(sorted.begin(), sorted.end(), number);
}

}  // namespace

uint32_t Answers::number_of(uint16_t seq_num) const {
  const uint32_t oldest = answered_ + 1;
  return oldest + static_cast<uint16_t>(seq_num - static_cast<uint16_t>(oldest));
}

bool Answers::answer(uint32_t number) {
  if (number == 0 || number > sent_ || number <= answered_) return false;
  if (number != answered_ + 1) {
    const auto place = std::lower_bound(early_.begin(), early_.end(), number);
    if (place != early_.end() && *place == number) return false;
    early_.insert(place, number);
    return true;
  }
  ++answered_;
  auto end = early_.begin();
  while (end != early_.end() && *end == answered_ + 1) {
    ++answered_;
    ++end;
  }
  early_.erase(early_.begin(), end);
  return true;
}

bool Answers::acked(uint32_t number) {
  return answer(number);
}

bool Answers::was_refused(uint32_t number) {
  if (!answer(number)) return false;
  refused_.insert(std::lower_bound(refused_.begin(), refused_.end(), number), number);
  return true;
}

bool Answers::is_refused(uint32_t number) const {
  return holds(refused_, number);
}

bool Answers::is_acked(uint32_t number) const {
  return (number <= answered_ || holds(early_, number)) && !is_refused(number);
}

Arrival Arrivals::arrived(uint32_t number, uint32_t sent) {
  if (number == 0 || number > sent) return Arrival::kUnknown;
  if (number >= next_) {
    if (number > next_ && gaps_ == nullptr) gaps_ = std::make_unique<std::vector<uint32_t>>();
    for (; next_ < number; ++next_) gaps_->push_back(next_);
    ++next_;
    return Arrival::kInOrder;
  }
  if (gaps_ == nullptr) return Arrival::kDoubled;
  const auto gap = std::lower_bound(gaps_->begin(), gaps_->end(), number);
  if (gap == gaps_->end() || *gap != number) return Arrival::kDoubled;
  gaps_->erase(gap);
  return Arrival::kLate;
}

std::vector<uint32_t> Arrivals::missing(uint32_t sent) const {
  std::vector<uint32_t> numbers;
  if (gaps_ != nullptr) numbers = *gaps_;
  for (uint32_t number = next_; number <= sent; ++number) numbers.push_back(number);
  return numbers;
}

}  // namespace talkbeat::load
