#include "base/option.h"

#include <algorithm>

#include "base/address.h"

namespace talkbeat {
namespace {

constexpr size_t kDocWidth = 96;

std::string_view kind_name(OptionKind kind) {
  switch (kind) {
    case OptionKind::kInteger:
      return "an integer";
    case OptionKind::kDuration:
      return "a duration";
    case OptionKind::kBytes:
      return "a size";
    case OptionKind::kBoolean:
      return "true or false";
    case OptionKind::kText:
      return "a text";
    case OptionKind::kChoice:
      return "one of the choices";
    case OptionKind::kAddress:
      return "an address";
    case OptionKind::kAddressList:
      return "a list of addresses";
  }
  return "";
}

std::string join(const std::vector<std::string>& words, std::string_view between) {
  std::string result;
  for (const std::string& word : words) result += (result.empty() ? "" : std::string(between)) + word;
  return result;
}

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

}  // namespace

Option& Option::reloadable() {
  may_reload = true;
  return *this;
}

Option& Option::or_off() {
  may_be_off = true;
  return *this;
}

Error Option::refuse(const std::string& shown, std::string_view why) const {
  const std::string reason = why.empty() ? "is not " + std::string(kind_name(kind)) : std::string(why);
  return Error{shown + " " + reason + "; allowed: " + allowed()};
}

Result<OptionValue> Option::within_range(int64_t value, const std::string& shown) const {
  const bool off = may_be_off && value == 0;
  if (!off && (value < range.min || value > range.max)) return refuse(shown, "is out of range");
  return OptionValue(value);
}

Result<OptionValue> Option::accept_addresses(const std::vector<std::string>& texts) const {
  for (const std::string& text : texts) {
    if (!Address::parse(text).ok()) return refuse(toml_quote(text), "is not an address");
  }
  return OptionValue(texts);
}

Result<OptionValue> Option::accept_string(const std::string& text) const {
  const std::string shown = toml_quote(text);
  switch (kind) {
    case OptionKind::kDuration: {
      const auto value = parse_duration(text);
      return value ? within_range(*value, shown) : refuse(shown);
    }
    case OptionKind::kBytes: {
      const auto value = parse_bytes(text);
      return value ? within_range(*value, shown) : refuse(shown);
    }
    case OptionKind::kText:
      return OptionValue(text);
    case OptionKind::kChoice:
      if (std::find(choices.begin(), choices.end(), text) == choices.end()) return refuse(shown);
      return OptionValue(text);
    case OptionKind::kAddress:
      if (!(may_be_off && text.empty()) && !Address::parse(text).ok()) return refuse(shown);
      return OptionValue(text);
    case OptionKind::kInteger:
    case OptionKind::kBoolean:
    case OptionKind::kAddressList:
      return refuse(shown);
  }
  return refuse(shown);
}

Result<OptionValue> Option::accept(const OptionValue& written) const {
  if (const auto* text = std::get_if<std::string>(&written)) return accept_string(*text);
  const auto* list = std::get_if<std::vector<std::string>>(&written);
  if (list != nullptr && kind == OptionKind::kAddressList) return accept_addresses(*list);
  if (std::holds_alternative<bool>(written) && kind == OptionKind::kBoolean) return written;
  const auto* number = std::get_if<int64_t>(&written);
  const bool takes_number = kind == OptionKind::kInteger || kind == OptionKind::kBytes;
  if (number != nullptr && takes_number) return within_range(*number, to_toml(written));
  return refuse(to_toml(written));
}

Result<OptionValue> Option::accept_text(std::string_view written) const {
  if (kind == OptionKind::kBoolean && (written == "true" || written == "false")) return OptionValue(written == "true");
  if (kind == OptionKind::kAddressList) return accept(split_at_commas(written));
  const auto number = parse_integer(written);
  if (kind == OptionKind::kInteger && number) return accept(*number);
  return accept(std::string(written));
}

std::string Option::show_number(int64_t value) const {
  if (kind == OptionKind::kDuration) return format_duration(value);
  if (kind == OptionKind::kBytes) return format_bytes(value);
  return std::to_string(value);
}

std::string Option::allowed() const {
  const bool is_number = kind == OptionKind::kInteger || kind == OptionKind::kDuration || kind == OptionKind::kBytes;
  if (is_number) {
    const std::string ends = show_number(range.min) + " to " + show_number(range.max);
    return ends + (unit.empty() ? "" : " " + unit) + (may_be_off ? ", or 0: off" : "");
  }
  if (kind == OptionKind::kBoolean) return "true, false";
  if (kind == OptionKind::kChoice) return join(choices, ", ");
  if (kind == OptionKind::kText) return "any text";
  const std::string form = "1.2.3.4:80, [::1]:80, localhost:80";
  return form + (may_be_off ? ", or empty: off" : "");
}

std::string Option::show(const OptionValue& value) const {
  const auto* number = std::get_if<int64_t>(&value);
  if (number == nullptr || kind == OptionKind::kInteger) return to_toml(value);
  const std::string text = show_number(*number);
  // A size without a unit is a TOML integer; a duration always has its quotes.
  return kind == OptionKind::kBytes && parse_integer(text) ? text : toml_quote(text);
}

std::vector<std::string> Option::describe() const {
  std::vector<std::string> lines = wrap_words(doc, kDocWidth);
  const bool free_form = kind == OptionKind::kText || kind == OptionKind::kBoolean;
  const std::string facts = (free_form ? "" : "Allowed: " + allowed() + ". ") + "Default: " + show(default_value) +
                            (may_reload ? ". Changed by SIGHUP." : ". A change needs a restart.");
  for (std::string& line : wrap_words(facts, kDocWidth)) lines.push_back(std::move(line));
  return lines;
}

std::vector<std::string> wrap_words(std::string_view text, size_t width) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    if (end > width) {
      const size_t space = text.rfind(' ', width);
      end = space == std::string_view::npos ? std::min(text.find(' '), end) : space;
    }
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace talkbeat
