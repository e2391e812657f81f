#include "base/url_decoding.h"

#include <algorithm>
#include <charconv>

namespace talkbeat {
namespace {

/// The byte that the two hexadecimal digits at the beginning stand for.
std::optional<char> escaped_byte(std::string_view digits) {
  if (digits.size() < 2) return std::nullopt;
  unsigned byte = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + 2, byte, 16);
  if (error != std::errc{} || end != digits.data() + 2 || byte == 0) return std::nullopt;
  return static_cast<char>(byte);
}

}  // namespace

std::optional<std::string> url_decode(std::string_view text, bool plus_is_space) {
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const auto byte = escaped_byte(text.substr(i + 1));
      if (!byte) return std::nullopt;
      result += *byte;
      i += 2;
    } else {
      result += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return result;
}

std::optional<std::map<std::string, std::string>> parse_query(std::string_view text) {
  std::map<std::string, std::string> result;
  size_t pairs = 0;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    if (pair.empty()) continue;
    if (++pairs > kMaxQueryPairs) return std::nullopt;
    const size_t equals = std::min(pair.find('='), pair.size());
    const auto name = url_decode(pair.substr(0, equals), true);
    const auto value = url_decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value) return std::nullopt;
    result[*name] = *value;
  }
  return result;
}

}  // namespace talkbeat
