#include "base/log_line.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace talkbeat {
namespace {

bool is_printable(char c) {
  return c >= 0x20 && c <= 0x7e;
}

bool stands_bare(std::string_view value) {
  const auto plain = [](char c) { return is_printable(c) && c != ' ' && c != '"' && c != '\\' && c != '='; };
  return !value.empty() && std::all_of(value.begin(), value.end(), plain);
}

void append_escaped(std::string& line, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    line += {'\\', c};
  } else if (is_printable(c)) {
    line += c;
  } else if (c == '\n') {
    line += "\\n";
  } else if (c == '\r') {
    line += "\\r";
  } else if (c == '\t') {
    line += "\\t";
  } else {
    line += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
  }
}

template <class Number>
void append_number(std::string& line, Number value) {
  std::array<char, 32> digits{};
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  line.append(digits.data(), result.ptr);
}

struct ValuePrinter {
  std::string& line;

  void operator()(bool value) const { line += value ? "true" : "false"; }
  void operator()(int64_t value) const { append_number(line, value); }
  void operator()(uint64_t value) const { append_number(line, value); }
  void operator()(double value) const { append_number(line, value); }
  void operator()(std::string_view value) const { append_log_value(line, value); }
};

}  // namespace

void append_log_value(std::string& line, std::string_view value) {
  const std::string_view shown = value.substr(0, kMaxLogValue);
  const bool bare = stands_bare(shown);
  if (bare) {
    line += shown;
  } else {
    line += '"';
    for (const char c : shown) append_escaped(line, c);
    line += '"';
  }
  if (shown.size() < value.size()) line += "...";
}

void append_log_event(std::string& line, std::string_view event, LogFields fields) {
  line += event;
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    std::visit(ValuePrinter{line}, field.value);
  }
}

}  // namespace talkbeat
