#include "msg_server/handlers.h"

namespace talkbeat {

Verdict on_device_token(ClientContext&, const PduHeader&, const IM::Login::IMDeviceTokenReq&) {
  return Verdict::refused(ERROR_NOT_SUPPORTED, "not yet");
}

Verdict on_push_shield(ClientContext&, const PduHeader&, const IM::Login::IMPushShieldReq&) {
  return Verdict::refused(ERROR_NOT_SUPPORTED, "not yet");
}

Verdict on_query_push_shield(ClientContext&, const PduHeader&, const IM::Login::IMQueryPushShieldReq&) {
  return Verdict::refused(ERROR_NOT_SUPPORTED, "not yet");
}

}  // namespace talkbeat
