#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/option_value.h"
#include "base/status.h"

namespace talkbeat {

/// One `key = value` of a TOML file, or the header of a section (then `key` is empty).
struct TomlEntry {
  std::string section;  // "client"; empty before the first header
  std::string key;
  std::optional<OptionValue> value;  // empty where no setting of ours has such a type: a date, a fraction, a table
  std::string shown;                 // the value, for a message about it
  uint32_t line = 0;
};

/// The text's entries in the order of their lines. An error says "name:line: what is wrong with the syntax".
Result<std::vector<TomlEntry>> parse_toml(std::string_view text, const std::string& name);

/// The same for a file.
Result<std::vector<TomlEntry>> read_toml(const std::string& path);

}  // namespace talkbeat
