#include "msg_server/handlers.h"

namespace talkbeat {

Verdict on_group_list(ClientContext&, const PduHeader&, const IM::Group::IMNormalGroupListReq&) {
  return Verdict::refused(ERROR_NOT_SUPPORTED, "not yet");
}

Verdict on_group_info(ClientContext&, const PduHeader&, const IM::Group::IMGroupInfoListReq&) {
  return Verdict::refused(ERROR_NOT_SUPPORTED, "not yet");
}

Verdict on_group_create(ClientContext&, const PduHeader&, const IM::Group::IMGroupCreateReq&) {
  return Verdict::refused(ERROR_NOT_SUPPORTED, "not yet");
}

Verdict on_group_change_members(ClientContext&, const PduHeader&, const IM::Group::IMGroupChangeMemberReq&) {
  return Verdict::refused(ERROR_NOT_SUPPORTED, "not yet");
}

Verdict on_group_shield(ClientContext&, const PduHeader&, const IM::Group::IMGroupShieldReq&) {
  return Verdict::refused(ERROR_NOT_SUPPORTED, "not yet");
}

}  // namespace talkbeat
