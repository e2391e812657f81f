// How OptionTable takes values in: files and assignments become a list of accepted values; nothing is written here.
#include "base/options.h"
#include "base/private_file.h"
#include "base/utf8.h"

namespace talkbeat {
namespace {

void append_name(std::string& names, const std::string& name) {
  names += (names.empty() ? "" : ", ") + name;
}

// A refusal is one line, whatever somebody has called a setting.
std::string one_line(std::string_view text) {
  return is_plain_text(text) ? std::string(text) : toml_quote(text);
}

}  // namespace

Result<OptionTable::Values> OptionTable::collect(const std::string& path, std::span<const std::string> overrides) {
  Values values;
  for (const Option& option : options_) values.push_back(option.default_value);
  places_.clear();
  if (!path.empty()) {
    const Status status = take_file(path, values);
    if (!status.ok()) return Error{status.message()};
  }
  for (const std::string& assignment : overrides) {
    const Status status = take_assignment(assignment, values);
    if (!status.ok()) return Error{status.message()};
  }
  return values;
}

Status OptionTable::take_file(const std::string& path, Values& values) {
  if (Status trusted = check_file(path, FileTrust::kSettings, "configuration"); !trusted.ok()) return trusted;
  const auto entries = read_toml(path);
  if (!entries.ok()) return Error{entries.message()};
  for (const TomlEntry& entry : entries.value()) {
    const std::string place = path + ":" + std::to_string(entry.line) + ": ";
    const Status status = take_entry(entry, values);
    if (!status.ok()) return Error{place + status.message()};
    places_[entry.section + "." + entry.key] = place;
  }
  return {};
}

Status OptionTable::take_entry(const TomlEntry& entry, Values& values) {
  if (entry.key.empty() && has_section(entry.section)) return {};
  const auto index = find(entry.section, entry.key);
  if (!index) return unknown(entry);
  const Option& option = options_[*index];
  Result<OptionValue> value = entry.value ? option.accept(*entry.value) : option.refuse(entry.shown);
  if (!value.ok()) return Error{option.key() + ": " + value.message()};
  values[*index] = std::move(value.value());
  return {};
}

Status OptionTable::take_assignment(std::string_view assignment, Values& values) {
  const std::string place = "--set " + one_line(assignment) + ": ";
  const size_t equals = assignment.find('=');
  const std::string_view key = assignment.substr(0, equals);
  const size_t dot = key.find('.');
  if (equals == std::string_view::npos || dot == std::string_view::npos) {
    return Error{place + "is not an assignment; allowed: section.key=value"};
  }
  const std::string section(key.substr(0, dot));
  const std::string name(key.substr(dot + 1));
  const auto index = find(section, name);
  if (!index) return Error{place + unknown({section, name, std::nullopt, "", 0}).message};
  Result<OptionValue> value = options_[*index].accept_text(assignment.substr(equals + 1));
  if (!value.ok()) return Error{place + std::string(key) + ": " + value.message()};
  places_[std::string(key)] = place;
  values[*index] = std::move(value.value());
  return {};
}

Error OptionTable::unknown(const TomlEntry& entry) const {
  if (entry.section.empty()) return Error{one_line(entry.key) + ": stands in no section; allowed: " + section_names()};
  if (!has_section(entry.section))
    return Error{one_line(entry.section) + ": no such section; allowed: " + section_names()};
  return Error{entry.section + "." + one_line(entry.key) +
               ": no such setting; allowed: " + option_names(entry.section)};
}

std::string OptionTable::section_names() const {
  std::string names;
  for (const Section& section : sections_) append_name(names, section.name);
  return names;
}

std::string OptionTable::option_names(const std::string& section) const {
  std::string names;
  for (const Option& option : options_) {
    if (option.section == section) append_name(names, option.name);
  }
  return names;
}

std::string OptionTable::place_of(const std::string& key) const {
  const auto place = places_.find(key);
  return place == places_.end() ? "" : place->second;
}

}  // namespace talkbeat
