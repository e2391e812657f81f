#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/http_request.h"
#include "msg_server/admin/answers.h"
#include "msg_server/admin/user_ref.h"

namespace talkbeat::admin {

/// How deep JSON may be nested: no request needs more than three.
inline constexpr int kMaxJsonDepth = 8;
/// How many fields, objects and arrays JSON may have in all: no request needs more than twenty.
inline constexpr int kMaxJsonFields = 64;

/// What a request holds. Not `Json`, whose objects keep their order and look each field up among all of the others:
/// strangers' JSON is read before their key.
using ParsedJson = nlohmann::json;

/// The fields of a request, read one by one: those of a JSON object in the body, or the parameters of the query. The
/// first thing that is wrong stands, and so does a field that nobody has asked for: ask refusal() when all have been
/// read, and use none of them where there is one. Pure.
///
///   Fields fields = Fields::of_body(request.body);
///   const std::string name = fields.required_text("name", 64);
///   const auto nick = fields.text("nick", 128);
///   if (auto refused = fields.refusal()) return refused;
class Fields {
 public:
  /// An empty body counts as an object without fields.
  static Fields of_body(const std::string& body);
  static Fields of_query(const HttpRequest& request);

  bool has(const std::string& name);
  /// UTF-8, at most `max` bytes.
  std::optional<std::string> text(const std::string& name, size_t max);
  /// The same; neither missing nor empty.
  std::string required_text(const std::string& name, size_t max);
  /// The same two, without control characters.
  std::optional<std::string> plain(const std::string& name, size_t max);
  std::string required_plain(const std::string& name, size_t max);
  /// The bytes that stand there in base64.
  std::optional<std::string> base64(const std::string& name, size_t max);
  std::optional<uint32_t> number(const std::string& name, uint32_t max);
  uint32_t required_number(const std::string& name, uint32_t max);
  /// A user's id (a number) or login name (a string).
  std::optional<UserRef> user(const std::string& name);
  UserRef required_user(const std::string& name);
  /// An array of these, at most `max`; empty where it is missing.
  std::vector<UserRef> users(const std::string& name, size_t max);
  /// An object inside: has fields and a refusal of its own.
  Fields object(const std::string& name);

  /// Says that a field that was read has no fitting value.
  void refuse(const std::string& name, const std::string& why);
  bool fine() const { return !refusal_; }
  std::optional<HttpResponse> refusal() const;

 private:
  Fields(ParsedJson values, std::string prefix, bool from_query)
      : values_(std::move(values)), prefix_(std::move(prefix)), from_query_(from_query) {}
  explicit Fields(HttpResponse refused) : refusal_(std::move(refused)) {}
  const ParsedJson* find(const std::string& name);
  std::optional<UserRef> user_of(const std::string& name, const ParsedJson& value);
  std::optional<uint32_t> number_of(const ParsedJson& value, uint32_t max) const;

  ParsedJson values_ = ParsedJson::object();
  std::string prefix_;  // of the names in refusals: "to."
  bool from_query_ = false;
  std::set<std::string> asked_;
  std::optional<HttpResponse> refusal_;
};

/// All digits and no larger than `max`; else nothing.
std::optional<uint32_t> parse_number(std::string_view text, uint32_t max);

}  // namespace talkbeat::admin
