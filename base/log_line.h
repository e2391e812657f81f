#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace talkbeat {

/// One key=value of a log line. Refers to the caller's text: lives no longer than the call that it is made for.
struct LogField {
  using Value = std::variant<bool, int64_t, uint64_t, double, std::string_view>;

  constexpr LogField(std::string_view k, std::same_as<bool> auto v) : key(k), value(v) {}
  constexpr LogField(std::string_view k, std::signed_integral auto v) : key(k), value(static_cast<int64_t>(v)) {}
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) constexpr LogField(std::string_view k, T v)
      : key(k), value(static_cast<uint64_t>(v)) {}
  constexpr LogField(std::string_view k, std::floating_point auto v) : key(k), value(static_cast<double>(v)) {}
  constexpr LogField(std::string_view k, const std::convertible_to<std::string_view> auto& v)
      : key(k), value(std::string_view(v)) {}
  /// An id of an own type: what the type's log_number(id) makes of it, or where there is none, its number.
  template <class Enum>
  requires std::is_enum_v<Enum>
  constexpr LogField(std::string_view k, Enum v) : LogField(k, number_of(v)) {}

  std::string_view key;
  Value value;

 private:
  template <class Enum>
  static constexpr auto number_of(Enum v) {
    if constexpr (requires { log_number(v); }) {
      return log_number(v);
    } else {
      return static_cast<std::underlying_type_t<Enum>>(v);
    }
  }
};

using LogFields = std::initializer_list<LogField>;

/// What is longer is cut, and ends in "...": no peer decides how long a line is.
constexpr size_t kMaxLogValue = 1024;

/// Appends a value as it stands after "key=": bare where it is plain ASCII, else in quotes with \", \\, \n, \r, \t and
/// \xNN (each byte of other than printable ASCII), so that no peer writes lines, colours or zero bytes into the log.
void append_log_value(std::string& line, std::string_view value);

/// "event key=value key=value", one line whatever the values hold. Event and keys are ours, and stand as they are.
void append_log_event(std::string& line, std::string_view event, LogFields fields);

}  // namespace talkbeat
