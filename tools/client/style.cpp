#include "tools/client/style.h"

#include <unistd.h>

#include <array>
#include <cstdlib>

namespace talkbeat {

namespace {

std::string format(const char* pattern, const std::tm& time) {
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), pattern, &time);
  return text.data();
}

std::tm local(int64_t unix_seconds) {
  const auto seconds = static_cast<std::time_t>(unix_seconds);
  std::tm time{};
  ::localtime_r(&seconds, &time);
  return time;
}

}  // namespace

Style Style::for_terminal() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::string(terminal) == "dumb";
  return Style(::isatty(STDOUT_FILENO) != 0 && (no_color == nullptr || *no_color == '\0') && !dumb);
}

std::string clock_text(int64_t unix_seconds, int64_t now) {
  const std::tm time = local(unix_seconds);
  const std::tm today = local(now);
  const bool same_day = time.tm_year == today.tm_year && time.tm_yday == today.tm_yday;
  return format(same_day ? "%H:%M" : "%Y-%m-%d %H:%M", time);
}

}  // namespace talkbeat
