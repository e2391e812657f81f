#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/option_value.h"
#include "base/status.h"

namespace talkbeat {

/// Both ends are allowed. Milliseconds for a duration, bytes for a size.
struct OptionRange {
  int64_t min = 0;
  int64_t max = 0;
};

enum class OptionKind { kInteger, kDuration, kBytes, kBoolean, kText, kChoice, kAddress, kAddressList };

/// One setting: what it is called, what it may be, what it is for, and the place in a config struct that it fills. Made
/// by an OptionTable, which owns it; the struct that it is bound to lives longer.
///
///   table.duration("idle_timeout", config.idle_timeout_ms, {1000, 604'800'000}, "Silence that ends a connection.")
///       .reloadable();
class Option {
 public:
  /// What SIGHUP may change while the server runs; everything else needs a restart.
  Option& reloadable();
  /// 0 (for an address: "") is allowed though the range excludes it, and means off.
  Option& or_off();

  /// The value in the form that write() takes, or `"5 bananas" is not a duration; allowed: 1s to 7d`.
  Result<OptionValue> accept(const OptionValue& written) const;
  /// The same for a value from the command line, which has no quotes and no types.
  Result<OptionValue> accept_text(std::string_view written) const;
  /// Why a value was refused, with what is allowed.
  Error refuse(const std::string& shown, std::string_view why = {}) const;

  std::string key() const { return section + "." + name; }
  /// What may stand there, in words: "1s to 7d, or 0: off".
  std::string allowed() const;
  /// A value of write()'s form as it stands in a TOML file.
  std::string show(const OptionValue& value) const;
  /// The lines of doc, then "allowed. Default. When a change counts.", without the "# ".
  std::vector<std::string> describe() const;

  std::string section;
  std::string name;
  OptionKind kind = OptionKind::kInteger;
  OptionRange range;
  std::string unit;
  std::vector<std::string> choices;
  std::string doc;
  std::function<OptionValue()> read;
  std::function<void(const OptionValue&)> write;
  OptionValue default_value;
  bool may_reload = false;
  bool may_be_off = false;

 private:
  Result<OptionValue> within_range(int64_t value, const std::string& shown) const;
  Result<OptionValue> accept_string(const std::string& text) const;
  Result<OptionValue> accept_addresses(const std::vector<std::string>& texts) const;
  std::string show_number(int64_t value) const;
};

/// Breaks a paragraph into lines of at most `width` characters, at spaces; '\n' begins a new line.
std::vector<std::string> wrap_words(std::string_view text, size_t width);

}  // namespace talkbeat
