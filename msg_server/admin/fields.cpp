#include "msg_server/admin/fields.h"

#include <sodium.h>

#include <charconv>

#include "base/utf8.h"

namespace talkbeat::admin {

namespace {

constexpr size_t kMaxUserName = 64;

/// Goes through JSON and builds nothing; stops at what is too deep or too much.
class JsonBounds final : public nlohmann::json_sax<ParsedJson> {
 public:
  const std::string& broken() const { return broken_; }

  bool null() override { return true; }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(number_integer_t /*value*/) override { return true; }
  bool number_unsigned(number_unsigned_t /*value*/) override { return true; }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return true; }
  bool string(string_t& /*value*/) override { return true; }
  bool binary(binary_t& /*value*/) override { return true; }
  bool key(string_t& /*name*/) override { return count(); }
  bool start_object(std::size_t /*elements*/) override { return open(); }
  bool start_array(std::size_t /*elements*/) override { return open(); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

 private:
  bool open() {
    if (++depth_ <= kMaxJsonDepth) return count();
    broken_ = "the JSON is nested deeper than " + std::to_string(kMaxJsonDepth) + " levels";
    return false;
  }
  bool close() {
    --depth_;
    return true;
  }
  bool count() {
    if (++fields_ <= kMaxJsonFields) return true;
    broken_ = "the JSON has more than " + std::to_string(kMaxJsonFields) + " fields, objects and arrays";
    return false;
  }

  int depth_ = 0;
  int fields_ = 0;
  std::string broken_;
};

}  // namespace

std::optional<uint32_t> parse_number(std::string_view text, uint32_t max) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > max) return std::nullopt;
  return number;
}

Fields Fields::of_body(const std::string& body) {
  if (body.empty()) return {ParsedJson::object(), "", false};
  JsonBounds bounds;
  const bool whole = ParsedJson::sax_parse(body, &bounds);
  if (!bounds.broken().empty()) return Fields(admin::refusal(400, bounds.broken()));
  if (!whole) {
    return Fields(admin::refusal(400, "the body is not JSON", R"(an object such as {"name":"alice"}, in UTF-8)"));
  }
  ParsedJson json = ParsedJson::parse(body, nullptr, false);
  if (!json.is_object()) return Fields(admin::refusal(400, "the body is not a JSON object"));
  return {std::move(json), "", false};
}

Fields Fields::of_query(const HttpRequest& request) {
  ParsedJson values = ParsedJson::object();
  for (const auto& [name, value] : request.query) values[name] = value;
  return {std::move(values), "", true};
}

const ParsedJson* Fields::find(const std::string& name) {
  asked_.insert(name);
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &*found;
}

bool Fields::has(const std::string& name) {
  return find(name) != nullptr;
}

void Fields::refuse(const std::string& name, const std::string& why) {
  if (!refusal_) refusal_ = field_refusal(prefix_ + name, why);
}

std::optional<HttpResponse> Fields::refusal() const {
  if (refusal_) return refusal_;
  for (const auto& [name, value] : values_.items()) {
    if (!asked_.contains(name)) {
      return field_refusal(prefix_ + name.substr(0, kMaxUserName), from_query_ ? "no such parameter" : "no such field");
    }
  }
  return std::nullopt;
}

std::optional<std::string> Fields::text(const std::string& name, size_t max) {
  const ParsedJson* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) {
    refuse(name, "must be a string");
  } else if (value->get_ref<const std::string&>().size() > max) {
    refuse(name, "at most " + std::to_string(max) + " bytes are allowed");
  } else {
    return value->get<std::string>();
  }
  return std::nullopt;
}

std::string Fields::required_text(const std::string& name, size_t max) {
  const auto value = text(name, max);
  if (!value || value->empty()) refuse(name, value ? "must not be empty" : "is missing");
  return value.value_or("");
}

std::optional<std::string> Fields::plain(const std::string& name, size_t max) {
  auto value = text(name, max);
  if (value && !is_plain_text(*value)) refuse(name, "must not have control characters");
  return value;
}

std::string Fields::required_plain(const std::string& name, size_t max) {
  std::string value = required_text(name, max);
  if (!is_plain_text(value)) refuse(name, "must not have control characters");
  return value;
}

std::optional<std::string> Fields::base64(const std::string& name, size_t max) {
  const auto encoded = text(name, max / 3 * 4 + 4);
  if (!encoded) return std::nullopt;
  std::string bytes(encoded->size() + 1, '\0');
  size_t size = 0;
  const int failed = ::sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), encoded->data(),
                                         encoded->size(), " \r\n", &size, nullptr, sodium_base64_VARIANT_ORIGINAL);
  bytes.resize(failed != 0 ? 0 : size);
  if (failed != 0) refuse(name, "must be base64");
  if (bytes.size() > max) refuse(name, "at most " + std::to_string(max) + " bytes are allowed");
  return bytes;
}

std::optional<uint32_t> Fields::number_of(const ParsedJson& value, uint32_t max) const {
  if (from_query_) return parse_number(value.get_ref<const std::string&>(), max);
  if (!value.is_number_unsigned() || value.get<uint64_t>() > max) return std::nullopt;
  return value.get<uint32_t>();
}

std::optional<uint32_t> Fields::number(const std::string& name, uint32_t max) {
  const ParsedJson* value = find(name);
  if (value == nullptr) return std::nullopt;
  const auto number = number_of(*value, max);
  if (!number) refuse(name, "must be a number from 0 to " + std::to_string(max));
  return number;
}

uint32_t Fields::required_number(const std::string& name, uint32_t max) {
  const auto value = number(name, max);
  if (!value) refuse(name, "is missing");
  return value.value_or(0);
}

std::optional<UserRef> Fields::user_of(const std::string& name, const ParsedJson& value) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (!text.empty() && text.size() <= kMaxUserName) return UserRef{0, text};
  } else if (const auto id = number_of(value, UINT32_MAX); id && *id != 0) {
    return UserRef{*id, ""};
  }
  refuse(name, "a user is an id (a number from 1 on) or a login name (a string of 1 to 64 bytes)");
  return std::nullopt;
}

std::optional<UserRef> Fields::user(const std::string& name) {
  const ParsedJson* value = find(name);
  return value == nullptr ? std::nullopt : user_of(name, *value);
}

UserRef Fields::required_user(const std::string& name) {
  const auto value = user(name);
  if (!value) refuse(name, "is missing");
  return value.value_or(UserRef{});
}

std::vector<UserRef> Fields::users(const std::string& name, size_t max) {
  std::vector<UserRef> users;
  const ParsedJson* value = find(name);
  if (value == nullptr) return users;
  if (!value->is_array()) {
    refuse(name, "must be an array of users");
  } else if (value->size() > max) {
    refuse(name, "at most " + std::to_string(max) + " users are allowed");
  } else {
    for (const ParsedJson& entry : *value) {
      const auto user = user_of(name, entry);
      if (!user) return {};
      users.push_back(*user);
    }
  }
  return users;
}

Fields Fields::object(const std::string& name) {
  const ParsedJson* value = find(name);
  if (value == nullptr || !value->is_object()) {
    refuse(name, value == nullptr ? "is missing" : "must be an object");
    return {ParsedJson::object(), prefix_ + name + ".", false};
  }
  return {*value, prefix_ + name + ".", false};
}

}  // namespace talkbeat::admin
