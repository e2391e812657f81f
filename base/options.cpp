#include "base/options.h"

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <system_error>

namespace talkbeat {
namespace {

Address parsed(const std::string& text) {
  return text.empty() ? Address{} : Address::parse(text).value();
}

std::string written(const Address& address) {
  return address.ip.empty() ? "" : address.to_string();
}

// A pipe has nothing more to say: read again it is an empty text, in which every setting has its default. A file that
// has gone is missed when it is read.
bool cannot_be_read_again(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  return std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
}

}  // namespace

void OptionTable::section(std::string name, std::string doc) {
  CHECK(!has_section(name));
  sections_.push_back({std::move(name), std::move(doc)});
}

Option& OptionTable::add(OptionKind kind, std::string name, std::string doc) {
  CHECK(!sections_.empty());
  CHECK(!find(sections_.back().name, name).has_value());
  Option& option = options_.emplace_back();
  option.section = sections_.back().name;
  option.name = std::move(name);
  option.kind = kind;
  option.doc = std::move(doc);
  return option;
}

Option& OptionTable::finish(Option& option) {
  option.default_value = option.read();
  return option;
}

Option& OptionTable::duration(std::string name, int64_t& milliseconds, OptionRange range, std::string doc) {
  return number(OptionKind::kDuration, std::move(name), milliseconds, range, std::move(doc));
}

Option& OptionTable::boolean(std::string name, bool& value, std::string doc) {
  Option& option = add(OptionKind::kBoolean, std::move(name), std::move(doc));
  option.read = [&value] { return OptionValue(value); };
  option.write = [&value](const OptionValue& from) { value = std::get<bool>(from); };
  return finish(option);
}

Option& OptionTable::text(std::string name, std::string& value, std::string doc) {
  Option& option = add(OptionKind::kText, std::move(name), std::move(doc));
  option.read = [&value] { return OptionValue(value); };
  option.write = [&value](const OptionValue& from) { value = std::get<std::string>(from); };
  return finish(option);
}

Option& OptionTable::choice(std::string name, std::string& value, std::vector<std::string> choices, std::string doc) {
  Option& option = text(std::move(name), value, std::move(doc));
  option.kind = OptionKind::kChoice;
  option.choices = std::move(choices);
  return option;
}

Option& OptionTable::address(std::string name, Address& value, std::string doc) {
  Option& option = add(OptionKind::kAddress, std::move(name), std::move(doc));
  option.read = [&value] { return OptionValue(written(value)); };
  option.write = [&value](const OptionValue& from) { value = parsed(std::get<std::string>(from)); };
  return finish(option);
}

Option& OptionTable::addresses(std::string name, std::vector<Address>& value, std::string doc) {
  Option& option = add(OptionKind::kAddressList, std::move(name), std::move(doc));
  option.read = [&value] {
    std::vector<std::string> texts;
    for (const Address& address : value) texts.push_back(written(address));
    return OptionValue(texts);
  };
  option.write = [&value](const OptionValue& from) {
    value.clear();
    for (const std::string& text : std::get<std::vector<std::string>>(from)) value.push_back(parsed(text));
  };
  return finish(option);
}

bool OptionTable::has_section(const std::string& name) const {
  return std::any_of(sections_.begin(), sections_.end(), [&](const Section& section) { return section.name == name; });
}

std::optional<size_t> OptionTable::find(std::string_view section, std::string_view name) const {
  for (size_t i = 0; i < options_.size(); ++i) {
    if (options_[i].section == section && options_[i].name == name) return i;
  }
  return std::nullopt;
}

OptionTable::Values OptionTable::present() const {
  Values values;
  for (const Option& option : options_) values.push_back(option.read());
  return values;
}

void OptionTable::write(const Values& values) {
  for (size_t i = 0; i < options_.size(); ++i) options_[i].write(values[i]);
}

Status OptionTable::try_values(const Values& values) {
  const Values before = present();
  write(values);
  Status status = run_rules();
  if (status.ok()) return status;
  write(before);
  // Rules may derive values; what they derive comes back, too. The values before satisfied them.
  (void)run_rules();
  return status;
}

Status OptionTable::run_rules() const {
  for (const Rule& rule : rules_) {
    if (const auto broken = rule()) return Error{place_of(broken->key) + broken->key + ": " + broken->message};
  }
  return {};
}

Status OptionTable::load(const std::string& path, std::span<const std::string> overrides) {
  const Result<Values> values = collect(path, overrides);
  if (!values.ok()) return Error{values.message()};
  Status status = try_values(values.value());
  if (!status.ok()) return status;
  path_ = path;
  overrides_.assign(overrides.begin(), overrides.end());
  return {};
}

Status OptionTable::set(std::string_view assignment) {
  Values values = present();
  Status status = take_assignment(assignment, values);
  if (status.ok()) status = try_values(values);
  if (status.ok()) overrides_.emplace_back(assignment);
  return status;
}

Result<ReloadReport> OptionTable::reload() {
  if (cannot_be_read_again(path_)) return Error{path_ + ": is no file, and cannot be read again"};
  const Result<Values> wanted = collect(path_, overrides_);
  if (!wanted.ok()) return Error{wanted.message()};
  const Values before = present();
  // The file must be right as a whole, so that a restart will work; and so must the part of it that is applied now.
  Status status = try_values(wanted.value());
  if (!status.ok()) return Error{status.message()};
  write(before);

  ReloadReport report;
  Values applied = before;
  for (size_t i = 0; i < options_.size(); ++i) {
    const Option& option = options_[i];
    if (before[i] == wanted.value()[i]) continue;
    auto& list = option.may_reload ? report.changed : report.needs_restart;
    list.push_back({option.key(), option.show(before[i]), option.show(wanted.value()[i])});
    if (option.may_reload) applied[i] = wanted.value()[i];
  }
  status = try_values(applied);
  if (!status.ok()) return Error{status.message() + " (until a restart changes the rest)"};
  return report;
}

void OptionTable::print(std::ostream& out) const {
  bool first = true;
  for (const Section& section : sections_) {
    if (!first) out << "\n";
    first = false;
    for (const std::string& line : wrap_words(section.doc, 96)) out << "# " << line << "\n";
    out << "[" << section.name << "]\n";
    for (const Option& option : options_) {
      if (option.section != section.name) continue;
      out << "\n";
      for (const std::string& line : option.describe()) out << "# " << line << "\n";
      out << option.name << " = " << option.show(option.read()) << "\n";
    }
  }
}

}  // namespace talkbeat
