#include "login_server/server_routes.h"

#include "base/log.h"
#include "base/whole_pdu.h"
#include "proto/relay_to_users.h"

namespace talkbeat::login {

namespace {

// IMUserCntUpdate.user_action
constexpr uint32_t kOneMore = 1;
constexpr uint32_t kOneLess = 2;

// Clients would get it as it is, and could not tell where the next PDU begins.
constexpr Verdict kNoPdu = Verdict::refused(ERROR_MALFORMED, "what is relayed is not one whole PDU");

}  // namespace

Verdict on_heartbeat(LinkContext& context, const PduHeader& /*header*/, const IM::Other::IMHeartBeat& heartbeat) {
  context.port.take_heartbeat(context.link, heartbeat);
  return Verdict::handled();
}

Verdict on_online_users(LinkContext& context, const PduHeader& /*header*/, const IM::Server::IMOnlineUserInfo& users) {
  context.cluster().take_users(context.server(), users);
  return Verdict::handled();
}

Verdict on_info(LinkContext& context, const PduHeader& /*header*/, const IM::Server::IMMsgServInfo& info) {
  return context.port.take_info(context.link, info);
}

Verdict on_user_status(LinkContext& context, const PduHeader& /*header*/,
                       const IM::Server::IMUserStatusUpdate& update) {
  if (!IM::BaseDefine::UserStatType_IsValid(static_cast<int>(update.user_status()))) {
    return Verdict::refused(ERROR_INVALID_ARGUMENT, "user_status is no UserStatType");
  }
  context.cluster().take_status(context.server(), update);
  return Verdict::handled();
}

Verdict on_user_count(LinkContext& context, const PduHeader& /*header*/, const IM::Server::IMUserCntUpdate& update) {
  if (update.user_action() != kOneMore && update.user_action() != kOneLess) {
    return Verdict::refused(ERROR_INVALID_ARGUMENT, "user_action is 1 or 2");
  }
  context.cluster().count_client(context.server(), update.user_action() == kOneMore);
  return Verdict::handled();
}

Verdict on_kick(LinkContext& context, const PduHeader& /*header*/, const IM::Server::IMServerKickUser& order) {
  context.cluster().kick(context.server(), order);
  return Verdict::handled();
}

Verdict on_go_away(LinkContext& context, const PduHeader& /*header*/, const TbGoAway& notice) {
  context.port.take_go_away(context.link, notice);
  return Verdict::handled();
}

Verdict on_server_auth(LinkContext& context, const PduHeader& header, const TbServerAuth& proof) {
  return context.port.prove(context.link, header, proof);
}

// Not answered: two servers would send errors to each other for ever.
Verdict on_error(LinkContext& context, const PduHeader& /*header*/, const TbError& error) {
  log_warn(
      "refused_by_msg_server",
      {{"conn", context.link.id()}, {"command", error.command_id()}, {"code", error.code()}, {"text", error.text()}});
  return Verdict::handled();
}

Verdict on_relay(LinkContext& context, const PduHeader& /*header*/, std::span<const std::byte> body,
                 google::protobuf::Arena& /*arena*/) {
  if (const auto usual = RelayToUsers::read(body)) {
    if (!is_whole_pdu(usual->pdu)) return kNoPdu;
    context.cluster().relay_to_users(context.server(), *usual, body);
    return Verdict::handled();
  }
  TbRelay relay;
  if (!relay.ParsePartialFromArray(body.data(), static_cast<int>(body.size())) || !relay.IsInitialized()) {
    return kMalformedBody;
  }
  if (!is_whole_pdu(std::as_bytes(std::span(relay.pdu())))) return kNoPdu;
  context.cluster().relay(context.server(), relay, body);
  return Verdict::handled();
}

Verdict on_places(LinkContext& context, const PduHeader& header, const TbPlacesReq& request) {
  send_pdu(context.link, context.port.discovery().places(context.link, request.clients()), header.seq_num);
  return Verdict::handled();
}

}  // namespace talkbeat::login
