#include "msg_server/handlers.h"

namespace talkbeat {

Verdict on_file_request(ClientContext&, const PduHeader&, const IM::File::IMFileReq&) {
  return Verdict::refused(ERROR_NOT_SUPPORTED, "not yet");
}

Verdict on_offline_files(ClientContext&, const PduHeader&, const IM::File::IMFileHasOfflineReq&) {
  return Verdict::refused(ERROR_NOT_SUPPORTED, "not yet");
}

Verdict on_add_offline_file(ClientContext&, const PduHeader&, const IM::File::IMFileAddOfflineReq&) {
  return Verdict::refused(ERROR_NOT_SUPPORTED, "not yet");
}

Verdict on_delete_offline_file(ClientContext&, const PduHeader&, const IM::File::IMFileDelOfflineReq&) {
  return Verdict::refused(ERROR_NOT_SUPPORTED, "not yet");
}

}  // namespace talkbeat
