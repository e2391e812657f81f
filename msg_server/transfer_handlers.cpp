#include "msg_server/handlers.h"

namespace talkbeat {

Verdict on_file_login(ClientContext&, const PduHeader&, const IM::File::IMFileLoginReq&) {
  return Verdict::refused(ERROR_NOT_SUPPORTED, "not yet");
}

Verdict on_file_state(ClientContext&, const PduHeader&, const IM::File::IMFileState&) {
  return Verdict::refused(ERROR_NOT_SUPPORTED, "not yet");
}

Verdict on_file_pull(ClientContext&, const PduHeader&, const IM::File::IMFilePullDataReq&) {
  return Verdict::refused(ERROR_NOT_SUPPORTED, "not yet");
}

Verdict on_file_data(ClientContext&, const PduHeader&, const IM::File::IMFilePullDataRsp&) {
  return Verdict::refused(ERROR_NOT_SUPPORTED, "not yet");
}

}  // namespace talkbeat
