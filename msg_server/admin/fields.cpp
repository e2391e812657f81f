#include "msg_server/admin/fields.h"

#include <sodium.h>

#include <charconv>

#include "base/utf8.h"

namespace talkbeat::admin {

namespace {

constexpr size_t kMaxUserName = 64;

/// Discards what lies too deep while it parses, so that nothing of it is ever built.
Json parse_bounded(const std::string& text, bool& too_deep) {
  const auto bounded = [&too_deep](int depth, nlohmann::detail::parse_event_t event, Json&) {
    const bool opens = event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    if (opens && depth >= kMaxJsonDepth) too_deep = true;
    return !too_deep;
  };
  return Json::parse(text, bounded, false);
}

}  // namespace

std::optional<uint32_t> parse_number(std::string_view text, uint32_t max) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > max) return std::nullopt;
  return number;
}

Fields Fields::of_body(const std::string& body) {
  if (body.empty()) return {Json::object(), "", false};
  bool too_deep = false;
  Json json = parse_bounded(body, too_deep);
  if (too_deep) return Fields(refusal_for_depth());
  if (json.is_discarded()) {
    return Fields(admin::refusal(400, "the body is not JSON", R"(an object such as {"name":"alice"}, in UTF-8)"));
  }
  if (!json.is_object()) return Fields(admin::refusal(400, "the body is not a JSON object"));
  return {std::move(json), "", false};
}

HttpResponse Fields::refusal_for_depth() {
  return admin::refusal(400, "the JSON is nested deeper than " + std::to_string(kMaxJsonDepth) + " levels");
}

Fields Fields::of_query(const HttpRequest& request) {
  Json values = Json::object();
  for (const auto& [name, value] : request.query) values[name] = value;
  return {std::move(values), "", true};
}

const Json* Fields::find(const std::string& name) {
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
  const Json* value = find(name);
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

std::optional<uint32_t> Fields::number_of(const Json& value, uint32_t max) const {
  if (from_query_) return parse_number(value.get_ref<const std::string&>(), max);
  if (!value.is_number_unsigned() || value.get<uint64_t>() > max) return std::nullopt;
  return value.get<uint32_t>();
}

std::optional<uint32_t> Fields::number(const std::string& name, uint32_t max) {
  const Json* value = find(name);
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

std::optional<UserRef> Fields::user_of(const std::string& name, const Json& value) {
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
  const Json* value = find(name);
  return value == nullptr ? std::nullopt : user_of(name, *value);
}

UserRef Fields::required_user(const std::string& name) {
  const auto value = user(name);
  if (!value) refuse(name, "is missing");
  return value.value_or(UserRef{});
}

std::vector<UserRef> Fields::users(const std::string& name, size_t max) {
  std::vector<UserRef> users;
  const Json* value = find(name);
  if (value == nullptr) return users;
  if (!value->is_array()) {
    refuse(name, "must be an array of users");
  } else if (value->size() > max) {
    refuse(name, "at most " + std::to_string(max) + " users are allowed");
  } else {
    for (const Json& entry : *value) {
      const auto user = user_of(name, entry);
      if (!user) return {};
      users.push_back(*user);
    }
  }
  return users;
}

Fields Fields::object(const std::string& name) {
  const Json* value = find(name);
  if (value == nullptr || !value->is_object()) {
    refuse(name, value == nullptr ? "is missing" : "must be an object");
    return {Json::object(), prefix_ + name + ".", false};
  }
  return {*value, prefix_ + name + ".", false};
}

}  // namespace talkbeat::admin
