#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace talkbeat::load {

/// Appends seven bits a byte, the lowest first: small numbers are short. For what the load processes tell their parent.
///
///   append_varint(bytes, 300);
///   std::optional<uint64_t> number = take_varint(rest);   // shortens `rest`
inline void append_varint(std::string& bytes, uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
  bytes.push_back(static_cast<char>(value));
}

/// Nothing where the bytes end too early or say more than 64 bits.
inline std::optional<uint64_t> take_varint(std::string_view& bytes) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (shift == 63 && byte > 1) return std::nullopt;
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

}  // namespace talkbeat::load
