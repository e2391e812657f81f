#include "tools/client/terminal_text.h"

#include <array>
#include <cstdint>
#include <cstdio>

namespace talkbeat {

namespace {

std::string escaped(const char* format, uint32_t code) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), format, code);
  return text.data();
}

std::string escape(uint32_t code) {
  if (code == '\n') return "\\n";
  if (code == '\t') return "\\t";
  if (code == '\r') return "\\r";
  return code < 0x80 ? escaped("\\x%02x", code) : escaped("\\u{%x}", code);
}

bool is_wide(uint32_t code) {
  return (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0x303e) ||
         (code >= 0x3041 && code <= 0xa4cf) || (code >= 0xac00 && code <= 0xd7a3) ||
         (code >= 0xf900 && code <= 0xfaff) || (code >= 0xfe30 && code <= 0xfe6f) ||
         (code >= 0xff00 && code <= 0xff60) || (code >= 0xffe0 && code <= 0xffe6) ||
         (code >= 0x1f300 && code <= 0x1faff) || (code >= 0x20000 && code <= 0x3fffd);
}

bool is_combining(uint32_t code) {
  return (code >= 0x0300 && code <= 0x036f) || (code >= 0x1ab0 && code <= 0x1aff) ||
         (code >= 0x20d0 && code <= 0x20ff) || (code >= 0x200b && code <= 0x200d) ||
         (code >= 0xfe00 && code <= 0xfe0f) || (code >= 0xfe20 && code <= 0xfe2f);
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const CodePoint next = decode_utf8(text);
    if (next.length == 0) {
      result += escaped("\\x%02x", static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
      continue;
    }
    if (orders_a_terminal(next.code)) {
      result += escape(next.code);
    } else {
      result += text.substr(0, next.length);
    }
    text.remove_prefix(next.length);
  }
  return result;
}

std::string without_control(std::string_view text, char replacement) {
  std::string result;
  while (!text.empty()) {
    const CodePoint next = decode_utf8(text);
    const size_t length = next.length == 0 ? 1 : next.length;
    if (next.length == 0 || orders_a_terminal(next.code)) {
      result += replacement;
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return result;
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const CodePoint next = decode_utf8(text);
    width += is_wide(next.code) ? 2 : is_combining(next.code) ? 0 : 1;
    text.remove_prefix(next.length == 0 ? 1 : next.length);
  }
  return width;
}

}  // namespace talkbeat
