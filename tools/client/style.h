#pragma once

#include <cstdint>
#include <ctime>
#include <string>

namespace talkbeat {

/// Colours for what a person reads, or none: only on a terminal, and not where NO_COLOR is set.
class Style {
 public:
  explicit Style(bool coloured) : coloured_(coloured) {}

  /// As stdout and the environment want it.
  static Style for_terminal();

  bool coloured() const { return coloured_; }

  std::string name(const std::string& text) const { return wrap("\x1b[1;36m", text); }
  std::string own(const std::string& text) const { return wrap("\x1b[1;32m", text); }
  std::string faint(const std::string& text) const { return wrap("\x1b[2m", text); }
  std::string good(const std::string& text) const { return wrap("\x1b[1;32m", text); }
  std::string strong(const std::string& text) const { return wrap("\x1b[1m", text); }
  std::string problem(const std::string& text) const { return wrap("\x1b[31m", text); }

 private:
  std::string wrap(const char* colour, const std::string& text) const {
    return coloured_ ? colour + text + "\x1b[0m" : text;
  }

  bool coloured_;
};

/// "14:07" for today, "2026-01-31 14:07" for another day, in local time.
std::string clock_text(int64_t unix_seconds, int64_t now);

}  // namespace talkbeat
