#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tests/unit/bytes_of.h"

namespace talkbeat::fuzz {

/// What libFuzzer hands over, read from the front: every input means something, and one that is too short goes on as
/// zeros. Refers to the bytes. A pure core.
///
///   FuzzInput input({data, size});
///   const size_t chunk = input.byte() + 1;
///   parser.feed(input.rest());
class FuzzInput {
 public:
  explicit FuzzInput(std::span<const uint8_t> bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }
  uint8_t byte() {
    if (rest_.empty()) return 0;
    const uint8_t first = rest_.front();
    rest_ = rest_.subspan(1);
    return first;
  }
  /// Big-endian, as in a PDU.
  uint16_t word() {
    const auto high = static_cast<uint16_t>(byte() << 8);
    return static_cast<uint16_t>(high | byte());
  }
  /// At most `size` bytes.
  std::string_view text(size_t size) {
    const auto taken = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }
  std::string_view rest() { return text(rest_.size()); }

 private:
  std::span<const uint8_t> rest_;
};

}  // namespace talkbeat::fuzz
