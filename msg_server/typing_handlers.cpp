#include "base/utf8.h"
#include "msg_server/client_answers.h"
#include "msg_server/handlers.h"
#include "msg_server/p2p_command.h"

// What clients tell each other and nobody keeps: "is typing" and the like.
namespace talkbeat {

namespace {

Verdict pass_on(ClientContext& client, P2pCommand command) {
  if (!client.session.messages.take(client.connection.now())) {
    return Verdict::refused(ERROR_RATE_LIMITED, "too many commands: this one was not passed on",
                            static_cast<uint32_t>(client.session.messages.wait_ms()));
  }
  if (command.data.size() > client.server.config.client.max_p2p_command) {
    return Verdict::refused(ERROR_INVALID_ARGUMENT, "the command is too long");
  }
  if (!is_utf8(command.data)) return Verdict::refused(ERROR_INVALID_ARGUMENT, "the command is not UTF-8");
  command.from = client.session.user;  // whatever it said
  client.server.delivery.pass_on(command, client.connection.id());
  return Verdict::handled();
}

}  // namespace

Verdict on_p2p_command(ClientContext& client, const PduHeader& /*header*/, std::span<const std::byte> body,
                       google::protobuf::Arena& /*arena*/) {
  if (const auto usual = p2p_command_in(body)) return pass_on(client, *usual);
  IM::SwitchService::IMP2PCmdMsg parsed;
  if (!parsed.ParsePartialFromArray(body.data(), static_cast<int>(body.size())) || !parsed.IsInitialized()) {
    return kMalformedBody;
  }
  return pass_on(client, {parsed.from_user_id(), parsed.to_user_id(), parsed.cmd_msg_data()});
}

}  // namespace talkbeat
