#include "msg_server/bus/login_link_handlers.h"

#include <algorithm>

#include "base/log.h"
#include "base/whole_pdu.h"
#include "proto/login_stamp.h"
#include "proto/relay_to_users.h"

namespace talkbeat {

using Context = LoginServerBus::LinkContext;

namespace {

// Clients would get it as it is, and could not tell where the next PDU begins. It is no fault of this login_server's
// that would be worth the link: another msg_server has made it.
bool may_be_delivered(const Context& context, std::span<const std::byte> pdu) {
  if (is_whole_pdu(pdu)) return true;
  log_error("relay_dropped", {{"conn", context.connection.id()}, {"why", "not one whole PDU"}, {"bytes", pdu.size()}});
  return false;
}

Verdict on_parsed_relay(Context& context, const PduHeader& /*header*/, const TbRelay& relay) {
  const bool whole = may_be_delivered(context, std::as_bytes(std::span(relay.pdu())));
  if (whole) context.bus.listener().on_relay(relay);
  return Verdict::handled();
}

}  // namespace

Verdict on_link_heartbeat(Context& /*context*/, const PduHeader& /*header*/, const IM::Other::IMHeartBeat& /*unused*/) {
  return Verdict::handled();  // that it came is all that it says
}

Verdict on_link_users(Context& context, const PduHeader& /*header*/, const IM::Server::IMOnlineUserInfo& users) {
  BusListener& listener = context.bus.listener();
  for (const auto& entry : users.user_stat_list()) {
    const auto client_class = class_of(static_cast<uint32_t>(entry.client_type()));
    if (!client_class) continue;
    if (entry.status() == IM::BaseDefine::USER_STATUS_OFFLINE) {
      listener.on_remote_offline(context.link.index, entry.user_id(), *client_class);
    } else {
      const SessionInfo session{static_cast<uint32_t>(entry.client_type()), possible_stamp(entry.login_stamp())};
      listener.on_remote_online(context.link.index, entry.user_id(), *client_class, session);
    }
  }
  return Verdict::handled();
}

Verdict on_link_kick(Context& context, const PduHeader& /*header*/, const IM::Server::IMServerKickUser& kick) {
  const auto client_class = class_of(static_cast<uint32_t>(kick.client_type()));
  if (const auto reason = end_reason_of(kick.reason()); client_class && reason) {
    context.bus.listener().on_end_session(kick.user_id(), *client_class, *reason, kick.login_stamp());
    return Verdict::handled();
  }
  if (!client_class || !IM::BaseDefine::KickReasonType_IsValid(static_cast<int>(kick.reason()))) return kMalformedBody;
  context.bus.listener().on_kick(kick.user_id(), *client_class,
                                 static_cast<IM::BaseDefine::KickReasonType>(kick.reason()), kick.login_stamp());
  return Verdict::handled();
}

Verdict on_link_go_away(Context& context, const PduHeader& /*header*/, const TbGoAway& notice) {
  log_warn("login_server_leaves", {{"conn", context.connection.id()},
                                   {"login_server", context.connection.peer().to_string()},
                                   {"reason", GoAwayReason_Name(notice.reason())},
                                   {"text", notice.text()}});
  return Verdict::handled();
}

Verdict on_link_challenge(Context& context, const PduHeader& /*header*/, const TbChallenge& challenge) {
  if (challenge.nonce().size() != ClusterAuth::kNonceSize) return Verdict::close(CloseReason::kAuthFailed);
  context.bus.answer_challenge(context, challenge.nonce());
  return Verdict::handled();
}

Verdict on_link_auth_result(Context& context, const PduHeader& /*header*/, const TbServerAuthResult& result) {
  if (!result.accepted() || !context.bus.proved(context.link, result)) {
    log_error("login_server_refused",
              {{"conn", context.connection.id()},
               {"login_server", context.connection.peer().to_string()},
               {"why", result.accepted() ? "it does not hold the cluster key" : result.text()}});
    return Verdict::close(CloseReason::kAuthFailed);
  }
  context.bus.register_with(context);
  return Verdict::handled();
}

Verdict on_link_error(Context& context, const PduHeader& /*header*/, const TbError& error) {
  log_error("login_server_refuses_pdu", {{"conn", context.connection.id()},
                                         {"login_server", context.connection.peer().to_string()},
                                         {"command", error.command_id()},
                                         {"text", error.text()}});
  return Verdict::handled();
}

Verdict on_link_relay(Context& context, const PduHeader& header, std::span<const std::byte> body,
                      google::protobuf::Arena& arena) {
  const auto usual = RelayToUsers::read(body);
  if (!usual || usual->sequence) {
    return internal::parse_and_handle<Context, TbRelay, on_parsed_relay>(context, header, body, arena);
  }
  std::optional<ClientClass> only;
  if (usual->client_class) only = static_cast<ClientClass>(std::min(*usual->client_class, 1U));
  if (may_be_delivered(context, usual->pdu)) context.bus.listener().on_relay_to(usual->users(), usual->pdu, only);
  return Verdict::handled();
}

Verdict on_link_sweep(Context& context, const PduHeader& /*header*/, const TbSweep& sweep) {
  context.bus.listener().on_sweep(sweep.after_sequence());
  return Verdict::handled();
}

Verdict on_link_places(Context& context, const PduHeader& header, const TbPlacesRsp& places) {
  context.bus.places().take(context.connection, header.seq_num, places);
  return Verdict::handled();
}

}  // namespace talkbeat
