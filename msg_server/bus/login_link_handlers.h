#pragma once

#include <array>

#include "msg_server/bus/login_server_bus.h"
#include "proto/other.pb.h"
#include "proto/server.pb.h"

namespace talkbeat {

// What a login_server may send to a msg_server, in which phase of the link. Before both have proved the cluster key,
// anything else ends the link.
Verdict on_link_heartbeat(LoginServerBus::LinkContext& context, const PduHeader& header,
                          const IM::Other::IMHeartBeat& heartbeat);
Verdict on_link_users(LoginServerBus::LinkContext& context, const PduHeader& header,
                      const IM::Server::IMOnlineUserInfo& users);
Verdict on_link_kick(LoginServerBus::LinkContext& context, const PduHeader& header,
                     const IM::Server::IMServerKickUser& kick);
Verdict on_link_go_away(LoginServerBus::LinkContext& context, const PduHeader& header, const TbGoAway& notice);
Verdict on_link_challenge(LoginServerBus::LinkContext& context, const PduHeader& header, const TbChallenge& challenge);
Verdict on_link_auth_result(LoginServerBus::LinkContext& context, const PduHeader& header,
                            const TbServerAuthResult& result);
Verdict on_link_error(LoginServerBus::LinkContext& context, const PduHeader& header, const TbError& error);
Verdict on_link_relay(LoginServerBus::LinkContext& context, const PduHeader& header, std::span<const std::byte> body,
                      google::protobuf::Arena& arena);
Verdict on_link_sweep(LoginServerBus::LinkContext& context, const PduHeader& header, const TbSweep& sweep);
Verdict on_link_places(LoginServerBus::LinkContext& context, const PduHeader& header, const TbPlacesRsp& places);

using LinkPhase = LoginServerBus::LinkPhase;
inline constexpr std::array kLoginLinkRoutes{
    route<on_link_heartbeat>(in({LinkPhase::kRegistered})),
    route<on_link_users>(in({LinkPhase::kRegistered})),
    route<on_link_kick>(in({LinkPhase::kRegistered})),
    route<on_link_go_away>(in({LinkPhase::kRegistered})),
    route<on_link_challenge>(in({LinkPhase::kConnected})),
    route<on_link_auth_result>(in({LinkPhase::kProving})),
    route<on_link_error>(in({LinkPhase::kRegistered})),
    unparsed_route<TbRelay, on_link_relay>(in({LinkPhase::kRegistered})),
    route<on_link_sweep>(in({LinkPhase::kRegistered})),
    route<on_link_places>(in({LinkPhase::kRegistered})),
};
static_assert(strictly_increasing(kLoginLinkRoutes), "a command stands twice or out of order");

}  // namespace talkbeat
