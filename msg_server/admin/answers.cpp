#include "msg_server/admin/answers.h"

#include "base/check.h"
#include "base/json_text.h"

namespace talkbeat::admin {

namespace {

constexpr const char* kRetryAfterSeconds = "1";

}  // namespace

HttpResponse json_answer(int status, const Json& json) {
  return {status, "application/json", json_text(json) + "\n"};
}

HttpResponse refusal(int status, const std::string& error, const std::string& hint) {
  Json json{{"error", error}};
  if (!hint.empty()) json["hint"] = hint;
  return json_answer(status, json);
}

HttpResponse field_refusal(const std::string& field, const std::string& why) {
  return json_answer(400, {{"error", field + ": " + why}, {"field", field}});
}

HttpResponse busy(const std::string& why, const std::string& hint) {
  HttpResponse response = refusal(503, why, hint);
  response.headers.emplace_back("Retry-After", kRetryAfterSeconds);
  return response;
}

HttpResponse store_refusal(StoreError error, const std::string& busy_hint) {
  switch (error) {
    case StoreError::kBusy:
      return busy("the server has too much to do", busy_hint);
    case StoreError::kUnavailable:
      return busy("the store failed", busy_hint);
    case StoreError::kNameTaken:
      return refusal(409, "the name is taken");
    case StoreError::kUnknownUser:
      return refusal(422, "no such user, or a disabled one");
    case StoreError::kNotMember:
      return refusal(422, "the user is not a member of that group");
    case StoreError::kUnknownGroup:
      return refusal(404, "no such group");
    case StoreError::kNotAllowed:
      return refusal(422, "this user may not do that");
    case StoreError::kLimitReached:
      return refusal(422, "too many members", "groups.max_members is the limit");
    case StoreError::kKeyInUse:
      return refusal(409, "another message was sent with that key");
    case StoreError::kUnknownConversation:
      return refusal(404, "no such conversation");
  }
  CHECK(false);
}

}  // namespace talkbeat::admin
