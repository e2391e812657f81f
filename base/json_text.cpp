#include "base/json_text.h"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/utf8.h"

namespace talkbeat {
namespace {

std::string escaped(uint32_t code) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "\\u%04x", code);
  return text.data();
}

}  // namespace

std::string json_text(const nlohmann::ordered_json& json, int indent) {
  const std::string text = json.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  std::string result;
  result.reserve(text.size());
  for (std::string_view rest = text; !rest.empty();) {
    const CodePoint next = decode_utf8(rest);
    // Below 0x20 stand line ends between values only: dump() has escaped those in strings. What else gives orders is
    // outside ASCII or DEL, so in a string, and has four hexadecimal digits at most.
    if (next.code >= 0x20 && orders_a_terminal(next.code)) {
      result += escaped(next.code);
    } else {
      result += rest.substr(0, next.length);
    }
    rest.remove_prefix(next.length);
  }
  return result;
}

}  // namespace talkbeat
