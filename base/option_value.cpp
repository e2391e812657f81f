#include "base/option_value.h"

#include <array>
#include <charconv>
#include <limits>

namespace talkbeat {
namespace {

struct Unit {
  std::string_view name;
  int64_t size;
};

// Largest first: the first that divides a value prints it.
constexpr std::array kDurationUnits{Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1000},
                                    Unit{"ms", 1}};
constexpr std::array kByteUnits{Unit{"GiB", 1 << 30}, Unit{"MiB", 1 << 20}, Unit{"KiB", 1 << 10}};

template <size_t N>
std::optional<int64_t> parse_with_unit(std::string_view text, const std::array<Unit, N>& units) {
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_integer(text.substr(0, digits));
  if (!number) return std::nullopt;
  for (const Unit& unit : units) {
    if (text.substr(digits) != unit.name) continue;
    if (*number > std::numeric_limits<int64_t>::max() / unit.size) return std::nullopt;
    return *number * unit.size;
  }
  return std::nullopt;
}

template <size_t N>
std::string format_with_unit(int64_t value, const std::array<Unit, N>& units) {
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.size == 0) return std::to_string(value / unit.size) + std::string(unit.name);
  }
  return std::to_string(value);
}

std::string unicode_escape(unsigned char byte) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  return {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
}

struct TomlPrinter {
  std::string operator()(int64_t value) const { return std::to_string(value); }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(const std::string& value) const { return toml_quote(value); }
  std::string operator()(const std::vector<std::string>& values) const {
    std::string result = "[";
    for (const std::string& value : values) result += (result.size() > 1 ? ", " : "") + toml_quote(value);
    return result + "]";
  }
};

}  // namespace

std::optional<int64_t> parse_integer(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<int64_t> parse_duration(std::string_view text) {
  if (text == "0") return 0;
  return parse_with_unit(text, kDurationUnits);
}

std::string format_duration(int64_t milliseconds) {
  return format_with_unit(milliseconds, kDurationUnits);
}

std::optional<int64_t> parse_bytes(std::string_view text) {
  const auto plain = parse_integer(text);
  if (plain) return *plain < 0 ? std::nullopt : plain;
  return parse_with_unit(text, kByteUnits);
}

std::string format_bytes(int64_t bytes) {
  return format_with_unit(bytes, kByteUnits);
}

std::string toml_quote(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') result += '\\';
    if (byte < 0x20 || byte == 0x7f) {
      result += unicode_escape(byte);
    } else {
      result += c;
    }
  }
  return result + "\"";
}

std::string to_toml(const OptionValue& value) {
  return std::visit(TomlPrinter{}, value);
}

}  // namespace talkbeat
