#include "msg_server/handlers.h"

namespace talkbeat {

Verdict on_p2p_command(ClientContext&, const PduHeader&, const IM::SwitchService::IMP2PCmdMsg&) {
  return Verdict::refused(ERROR_NOT_SUPPORTED, "not yet");
}

}  // namespace talkbeat
