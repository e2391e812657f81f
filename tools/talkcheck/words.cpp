#include "tools/talkcheck/words.h"

#include <array>
#include <cstdio>

namespace talkbeat::check {

std::string seconds(Tick milliseconds) {
  std::array<char, 32> text;
  const int length = std::snprintf(text.data(), text.size(), "%.2f s", static_cast<double>(milliseconds) / 1000);
  return {text.data(), static_cast<size_t>(length)};
}

std::string reason_name(GoAwayReason reason) {
  constexpr std::string_view kPrefix = "GO_AWAY_";
  const std::string name = GoAwayReason_Name(reason);
  return name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name;
}

std::string one_line(std::string_view text) {
  std::string plain;
  for (const char c : text) plain += c >= ' ' && c <= '~' ? c : '?';
  return plain;
}

}  // namespace talkbeat::check
