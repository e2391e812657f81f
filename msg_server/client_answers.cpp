#include "msg_server/client_answers.h"

namespace talkbeat {

namespace {

constexpr uint32_t kRetryAfterMs = 1'000;

}  // namespace

bool has_too_many_pending(const ClientContext& client) {
  return client.session.reads_in_store >= client.server.config.client.max_pending_requests;
}

Verdict refusal_of(StoreError error) {
  switch (error) {
    case StoreError::kBusy:
      return Verdict::refused(ERROR_BUSY, "the server has too much to do: nothing was done, try again", kRetryAfterMs);
    case StoreError::kUnavailable:
      return Verdict::refused(ERROR_UNAVAILABLE, "the store failed: nothing was done, try again", kRetryAfterMs);
    case StoreError::kNameTaken:
      return Verdict::refused(ERROR_INVALID_ARGUMENT, "the name is taken");
    case StoreError::kUnknownUser:
      return Verdict::refused(ERROR_UNKNOWN_USER, "there is no such user");
    case StoreError::kNotMember:
    case StoreError::kUnknownGroup:  // nobody learns which groups there are
      return Verdict::refused(ERROR_NOT_MEMBER, "not a member of that group");
    case StoreError::kNotAllowed:
      return Verdict::refused(ERROR_NOT_ALLOWED, "this user may not do that");
    case StoreError::kLimitReached:
      return Verdict::refused(ERROR_LIMIT_REACHED, "too many, or too large");
    case StoreError::kKeyInUse:
      return Verdict::refused(ERROR_INVALID_ARGUMENT, "client_msg_key was used for another message");
    case StoreError::kUnknownConversation:
      return Verdict::refused(ERROR_INVALID_ARGUMENT, "there is no such conversation");
  }
  CHECK(false);
}

std::optional<ErrorCode> result_code_of(StoreError error) {
  if (error == StoreError::kBusy || error == StoreError::kUnavailable) return std::nullopt;
  return refusal_of(error).code;
}

}  // namespace talkbeat
