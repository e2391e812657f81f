#include "base/utf8.h"

#include <array>
#include <cstring>

namespace talkbeat {

namespace {

// So much of the front, in whole words, is ASCII: most of what people and programs send.
size_t ascii_prefix(std::string_view text) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  size_t length = 0;
  uint64_t word = 0;
  while (text.size() - length >= sizeof word) {
    std::memcpy(&word, text.data() + length, sizeof word);
    if ((word & kHighBits) != 0) break;
    length += sizeof word;
  }
  return length;
}

bool is_control(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

template <class Wanted>
bool each_character(std::string_view text, Wanted wanted) {
  while (!text.empty()) {
    const CodePoint next = decode_utf8(text);
    if (next.length == 0 || !wanted(next.code)) return false;
    text.remove_prefix(next.length);
  }
  return true;
}

}  // namespace

CodePoint decode_utf8(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return {first, 1};
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return {};
  uint32_t code = first & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return {};
    code = code << 6 | (next & 0x3fu);
  }
  constexpr std::array<uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kLeast[length] || code > 0x10ffff || surrogate) return {};
  return {code, length};
}

bool is_utf8(std::string_view text) {
  text.remove_prefix(ascii_prefix(text));
  return each_character(text, [](uint32_t) { return true; });
}

bool is_plain_text(std::string_view text) {
  return each_character(text, [](uint32_t code) { return !is_control(code); });
}

bool orders_a_terminal(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200e && code <= 0x200f) ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0x061c || code == 0xfeff;
}

}  // namespace talkbeat
