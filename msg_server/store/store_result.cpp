#include "msg_server/store/store_result.h"

namespace talkbeat {

const char* to_string(StoreError error) {
  switch (error) {
    case StoreError::kBusy:
      return "busy";
    case StoreError::kUnavailable:
      return "unavailable";
    case StoreError::kNameTaken:
      return "name taken";
    case StoreError::kUnknownUser:
      return "unknown user";
    case StoreError::kNotMember:
      return "not a member";
    case StoreError::kUnknownGroup:
      return "unknown group";
    case StoreError::kNotAllowed:
      return "not allowed";
    case StoreError::kLimitReached:
      return "limit reached";
    case StoreError::kKeyInUse:
      return "key in use";
    case StoreError::kUnknownConversation:
      return "unknown conversation";
  }
  return "?";
}

}  // namespace talkbeat
