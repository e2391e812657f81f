#pragma once

#include <concepts>
#include <functional>
#include <iosfwd>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/check.h"
#include "base/option.h"
#include "base/status.h"
#include "base/toml_reader.h"

namespace talkbeat {

/// A cross-field rule that is broken: the key to repair, and why ("must be larger than server.heartbeat_interval").
struct BrokenRule {
  std::string key;
  std::string message;
};

struct OptionChange {
  std::string key;
  std::string old_value;
  std::string new_value;
};

struct ReloadReport {
  std::vector<OptionChange> changed;
  std::vector<OptionChange> needs_restart;  // differ in the file, were left as they are
};

/// Every setting of a process, declared once: a config is a plain struct with its defaults; the table binds its members
/// by name, range, unit and a line of doc, and fills them from a TOML file and from --set. Owned by main(), with the
/// structs, which must outlive it; the loop's thread only. Errors are one line: file, line, key, what is allowed. Each
/// of load(), set() and reload() changes everything or nothing.
///
///   table.section("client", "Connections of clients");
///   table.integer("max_connections", config.max_connections, {1, 4'000'000}, "connections", "The rest are refused.");
///   Status status = table.load("conf/msg_server.toml", {"client.max_connections=10"});
class OptionTable {
 public:
  using Rule = std::function<std::optional<BrokenRule>()>;

  /// What is declared next stands in this section.
  void section(std::string name, std::string doc);

  // Each binds a member, whose present value is the default. The reference returned is good until the next call.
  template <std::integral T>
  Option& integer(std::string name, T& value, OptionRange range, std::string unit, std::string doc);
  Option& duration(std::string name, int64_t& milliseconds, OptionRange range, std::string doc);
  /// `value`: any integer type that holds the range.
  template <std::integral T>
  Option& bytes(std::string name, T& value, OptionRange range, std::string doc);
  Option& boolean(std::string name, bool& value, std::string doc);
  Option& text(std::string name, std::string& value, std::string doc);
  Option& choice(std::string name, std::string& value, std::vector<std::string> choices, std::string doc);
  /// For an enum whose values count 0, 1, 2 … as the choices do.
  template <class Enum>
  requires std::is_enum_v<Enum> Option& choice(std::string name, Enum& value, std::vector<std::string> choices,
                                               std::string doc);
  /// With or_off(), "" in the file is an Address with an empty ip.
  Option& address(std::string name, Address& value, std::string doc);
  /// `["1.2.3.4:80", "[::1]:80"]`; on the command line separated by commas.
  Option& addresses(std::string name, std::vector<Address>& value, std::string doc);

  /// A rule over several settings. It reads the bound structs, and may derive other members from them; run whenever
  /// they have changed.
  void check(Rule rule) { rules_.push_back(std::move(rule)); }

  /// Defaults, then the file (where a path is given), then "section.key=value" texts, then the rules.
  Status load(const std::string& path, std::span<const std::string> overrides = {});
  /// One more "section.key=value". It lasts: reload() applies it over the file again.
  Status set(std::string_view assignment);
  /// Reads again what load() read. Applies only what is reloadable, and says what would need a restart. Fails where the
  /// path is that of a pipe.
  Result<ReloadReport> reload();

  /// A complete, documented TOML file with the present values: load() of it gives the same values.
  void print(std::ostream& out) const;

 private:
  struct Section {
    std::string name;
    std::string doc;
  };
  using Values = std::vector<OptionValue>;  // by index in options_

  Option& add(OptionKind kind, std::string name, std::string doc);
  template <std::integral T>
  Option& number(OptionKind kind, std::string name, T& value, OptionRange range, std::string doc);
  Option& finish(Option& option);

  bool has_section(const std::string& name) const;
  std::optional<size_t> find(std::string_view section, std::string_view name) const;
  std::string section_names() const;
  std::string option_names(const std::string& section) const;

  Values present() const;
  void write(const Values& values);
  Result<Values> collect(const std::string& path, std::span<const std::string> overrides);
  Status take_file(const std::string& path, Values& values);
  Status take_entry(const TomlEntry& entry, Values& values);
  Status take_assignment(std::string_view assignment, Values& values);
  Error unknown(const TomlEntry& entry) const;
  Status try_values(const Values& values);
  Status run_rules() const;
  std::string place_of(const std::string& key) const;

  std::vector<Section> sections_;
  std::vector<Option> options_;
  std::vector<Rule> rules_;
  std::string path_;
  std::vector<std::string> overrides_;
  std::map<std::string, std::string> places_;  // key -> "file.toml:12: " or "--set …: ", where it was given last
};

template <std::integral T>
Option& OptionTable::number(OptionKind kind, std::string name, T& value, OptionRange range, std::string doc) {
  CHECK(std::in_range<T>(range.min) && std::in_range<T>(range.max));
  Option& option = add(kind, std::move(name), std::move(doc));
  option.range = range;
  option.read = [&value] { return OptionValue(static_cast<int64_t>(value)); };
  option.write = [&value](const OptionValue& from) { value = static_cast<T>(std::get<int64_t>(from)); };
  return finish(option);
}

template <std::integral T>
Option& OptionTable::integer(std::string name, T& value, OptionRange range, std::string unit, std::string doc) {
  Option& option = number(OptionKind::kInteger, std::move(name), value, range, std::move(doc));
  option.unit = std::move(unit);
  return option;
}

template <std::integral T>
Option& OptionTable::bytes(std::string name, T& value, OptionRange range, std::string doc) {
  return number(OptionKind::kBytes, std::move(name), value, range, std::move(doc));
}

template <class Enum>
requires std::is_enum_v<Enum> Option& OptionTable::choice(std::string name, Enum& value,
                                                          std::vector<std::string> choices, std::string doc) {
  Option& option = add(OptionKind::kChoice, std::move(name), std::move(doc));
  option.choices = choices;
  option.read = [&value, choices] { return OptionValue(choices.at(static_cast<size_t>(value))); };
  option.write = [&value, choices](const OptionValue& from) {
    size_t index = 0;
    while (choices.at(index) != std::get<std::string>(from)) ++index;
    value = static_cast<Enum>(index);
  };
  return finish(option);
}

}  // namespace talkbeat
