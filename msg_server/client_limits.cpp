#include "msg_server/client_limits.h"

#include "msg_server/client_session.h"

namespace talkbeat {

void apply_limits(const ClientSettings& settings, Connection& connection) {
  auto& session = connection.attachment<ClientSession>();
  session.messages.set_limits(settings.message_rate, settings.message_burst);
  session.requests.set_limits(settings.request_rate, settings.request_burst);
  if (session.phase == Phase::kOnline) {
    session.max_pdu = settings.max_pdu;
    connection.set_out_limits(settings.out);
  } else {
    session.max_pdu = settings.max_pdu_before_login;
    connection.set_out_limits({settings.max_queued_before_login, 0, settings.max_queued_before_login});
  }
}

}  // namespace talkbeat
