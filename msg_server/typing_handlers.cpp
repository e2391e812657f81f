#include "base/utf8.h"
#include "msg_server/client_answers.h"
#include "msg_server/handlers.h"

// What clients tell each other and nobody keeps: "is typing" and the like.
namespace talkbeat {

Verdict on_p2p_command(ClientContext& client, const PduHeader& /*header*/,
                       const IM::SwitchService::IMP2PCmdMsg& command) {
  if (!client.session.messages.take(client.connection.now())) {
    return Verdict::refused(ERROR_RATE_LIMITED, "too many commands: this one was not passed on",
                            static_cast<uint32_t>(client.session.messages.wait_ms()));
  }
  const std::string& data = command.cmd_msg_data();
  if (data.size() > client.server.config.client.max_p2p_command) {
    return Verdict::refused(ERROR_INVALID_ARGUMENT, "the command is too long");
  }
  if (!is_utf8(data)) return Verdict::refused(ERROR_INVALID_ARGUMENT, "the command is not UTF-8");
  IM::SwitchService::IMP2PCmdMsg passed;
  passed.set_from_user_id(client.session.user);
  passed.set_to_user_id(command.to_user_id());
  passed.set_cmd_msg_data(data);
  const SharedBytes pdu = encode_pdu(passed);
  Delivery& delivery = client.server.delivery;
  if (command.to_user_id() != client.session.user) delivery.to_user(command.to_user_id(), pdu);
  delivery.to_user(client.session.user, pdu, client.connection.id());
  return Verdict::handled();
}

}  // namespace talkbeat
