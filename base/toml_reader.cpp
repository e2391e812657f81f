#include "base/toml_reader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#define TOML_EXCEPTIONS 0
#include <toml++/impl/preprocessor.h>
// toml++ takes for granted, in an assertion or as a promise to the compiler, what a file like "[[[" breaks, and checks
// the same again a few lines further down. Without the assertion, that check makes it a parse error.
#undef TOML_ASSERT_ASSUME
#define TOML_ASSERT_ASSUME(condition) static_assert(true)
#include <toml++/toml.h>

namespace talkbeat {
namespace {

using Entries = std::vector<TomlEntry>;

/// The array's texts; empty where something else is among them.
std::optional<OptionValue> text_list(const toml::array& array) {
  std::vector<std::string> texts;
  for (const toml::node& node : array) {
    if (!node.is_string()) return std::nullopt;
    texts.push_back(*node.value<std::string>());
  }
  return texts;
}

std::optional<OptionValue> to_value(const toml::node& node) {
  if (node.is_integer()) return *node.value<int64_t>();
  if (node.is_boolean()) return *node.value<bool>();
  if (node.is_string()) return *node.value<std::string>();
  if (const toml::array* array = node.as_array()) return text_list(*array);
  return std::nullopt;
}

std::string type_name(const toml::node& node) {
  std::ostringstream name;
  name << "a value of type " << node.type();
  return name.str();
}

TomlEntry to_entry(const std::string& section, std::string_view key, const toml::node& node) {
  TomlEntry entry{section, std::string(key), to_value(node), {}, node.source().begin.line};
  entry.shown = entry.value ? to_toml(*entry.value) : type_name(node);
  return entry;
}

/// Two levels are all that our files have: what lies deeper is an entry without a value, and refused by its name.
void add_section(const std::string& section, const toml::table& table, Entries& entries) {
  entries.push_back({section, "", std::nullopt, "", table.source().begin.line});
  for (const auto& [key, node] : table) entries.push_back(to_entry(section, key.str(), node));
}

std::string one_line(std::string_view text) {
  std::string result(text);
  std::replace_if(
      result.begin(), result.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  return result;
}

}  // namespace

Result<Entries> parse_toml(std::string_view text, const std::string& name) {
  const toml::parse_result parsed = toml::parse(text, name);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return Error{name + ":" + std::to_string(error.source().begin.line) + ": " + one_line(error.description())};
  }
  Entries entries;
  for (const auto& [key, node] : parsed.table()) {
    const std::string section(key.str());
    if (const toml::table* table = node.as_table()) {
      add_section(section, *table, entries);
    } else {
      entries.push_back(to_entry("", section, node));
    }
  }
  // toml++ sorts by name; whoever repairs a file goes from top to bottom.
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
  return entries;
}

Result<Entries> read_toml(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  // peek() finds a directory, which opens but cannot be read.
  if (file) file.peek();
  if (file.bad() || !file.is_open()) return Error{path + ": cannot be read: " + std::strerror(errno)};
  if (!file.eof()) text << file.rdbuf();
  if (file.bad()) return Error{path + ": cannot be read: " + std::strerror(errno)};
  return parse_toml(text.str(), path);
}

}  // namespace talkbeat
