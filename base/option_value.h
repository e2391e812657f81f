#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace talkbeat {

/// A setting's value as TOML has it. A duration or size stands here as its number (milliseconds, bytes) once an Option
/// has accepted it, and as the text ("30s") before. Everything in this file is pure.
using OptionValue = std::variant<int64_t, bool, std::string, std::vector<std::string>>;

/// "500ms", "30s", "5m", "12h", "7d" in milliseconds; "0" is 0. Empty where it is none, negative or too large.
std::optional<int64_t> parse_duration(std::string_view text);
/// In the largest unit that needs no fraction: 90000 is "90s", 60000 is "1m". The inverse of parse_duration().
std::string format_duration(int64_t milliseconds);

/// "4096", "16KiB", "1MiB", "2GiB" in bytes. Empty where it is none, negative or too large.
std::optional<int64_t> parse_bytes(std::string_view text);
/// "16KiB", or "1000" where no unit divides it. The inverse of parse_bytes().
std::string format_bytes(int64_t bytes);

std::optional<int64_t> parse_integer(std::string_view text);

/// The text as a TOML basic string, on one line whatever it holds.
std::string toml_quote(std::string_view text);
/// A value as it would stand in a file.
std::string to_toml(const OptionValue& value);

}  // namespace talkbeat
