#pragma once

#include <array>

#include "msg_server/handlers.h"

namespace talkbeat {

/// Everything that a client may send, in which phase of its connection, and who handles it. What is not here is
/// refused.
inline constexpr uint8_t kAnyPhase = in({Phase::kFresh, Phase::kLoggingIn, Phase::kOnline});
inline constexpr uint8_t kOnlineOnly = in({Phase::kOnline});

// clang-format off: a row a command
inline constexpr std::array kClientRoutes{
    route<on_login>(in({Phase::kFresh})),   route<on_logout>(kAnyPhase),         route<on_kick_pc>(kOnlineOnly),
    route<on_recent_sessions>(kOnlineOnly), route<on_users_info>(kOnlineOnly),   route<on_remove_session>(kOnlineOnly),
    route<on_all_users>(kOnlineOnly),       route<on_users_status>(kOnlineOnly), route<on_message>(kOnlineOnly),
    route<on_delivery_ack>(kOnlineOnly),    route<on_read_ack>(kOnlineOnly),     route<on_server_time>(kOnlineOnly),
    route<on_unread>(kOnlineOnly),          route<on_message_list>(kOnlineOnly), route<on_latest_msg_id>(kOnlineOnly),
    route<on_messages_by_id>(kOnlineOnly),  route<on_heartbeat>(kAnyPhase),
};
// clang-format on
static_assert(strictly_increasing(kClientRoutes), "a command stands twice or out of order");

}  // namespace talkbeat
