#pragma once

#include <array>

#include "login_server/server_port.h"

namespace talkbeat::login {

/// What the handlers of a link work with.
struct LinkContext {
  ServerPort& port;
  Connection& link;

  Cluster& cluster() const { return port.cluster(); }
  ServerId server() const { return server_of(link); }
};

Verdict on_online_users(LinkContext& context, const PduHeader& header, const IM::Server::IMOnlineUserInfo& users);
Verdict on_info(LinkContext& context, const PduHeader& header, const IM::Server::IMMsgServInfo& info);
Verdict on_heartbeat(LinkContext& context, const PduHeader& header, const IM::Other::IMHeartBeat& heartbeat);
Verdict on_user_status(LinkContext& context, const PduHeader& header, const IM::Server::IMUserStatusUpdate& update);
Verdict on_user_count(LinkContext& context, const PduHeader& header, const IM::Server::IMUserCntUpdate& update);
Verdict on_kick(LinkContext& context, const PduHeader& header, const IM::Server::IMServerKickUser& order);
Verdict on_go_away(LinkContext& context, const PduHeader& header, const TbGoAway& notice);
Verdict on_server_auth(LinkContext& context, const PduHeader& header, const TbServerAuth& proof);
Verdict on_error(LinkContext& context, const PduHeader& header, const TbError& error);
Verdict on_relay(LinkContext& context, const PduHeader& header, std::span<const std::byte> body,
                 google::protobuf::Arena& arena);
Verdict on_places(LinkContext& context, const PduHeader& header, const TbPlacesReq& request);

/// What a msg_server may send, and when.
inline constexpr std::array kLinkRoutes{
    route<on_heartbeat>(in({LinkPhase::kProven, LinkPhase::kRegistered})),
    route<on_online_users>(in({LinkPhase::kRegistered})),
    route<on_info>(in({LinkPhase::kProven, LinkPhase::kRegistered})),
    route<on_user_status>(in({LinkPhase::kRegistered})),
    route<on_user_count>(in({LinkPhase::kRegistered})),
    route<on_kick>(in({LinkPhase::kRegistered})),
    route<on_go_away>(in({LinkPhase::kProven, LinkPhase::kRegistered})),
    route<on_server_auth>(in({LinkPhase::kChallenged})),
    route<on_error>(in({LinkPhase::kProven, LinkPhase::kRegistered})),
    unparsed_route<TbRelay, on_relay>(in({LinkPhase::kRegistered})),
    route<on_places>(in({LinkPhase::kRegistered})),
};
static_assert(strictly_increasing(kLinkRoutes), "a command stands twice or out of order");

}  // namespace talkbeat::login
