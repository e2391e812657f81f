#include "msg_server/handlers.h"

namespace talkbeat {

Verdict on_departments(ClientContext&, const PduHeader&, const IM::Buddy::IMDepartmentReq&) {
  return Verdict::refused(ERROR_NOT_SUPPORTED, "not yet");
}

Verdict on_change_avatar(ClientContext&, const PduHeader&, const IM::Buddy::IMChangeAvatarReq&) {
  return Verdict::refused(ERROR_NOT_SUPPORTED, "not yet");
}

Verdict on_change_sign_info(ClientContext&, const PduHeader&, const IM::Buddy::IMChangeSignInfoReq&) {
  return Verdict::refused(ERROR_NOT_SUPPORTED, "not yet");
}

}  // namespace talkbeat
