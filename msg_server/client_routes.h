#pragma once

#include <array>

#include "msg_server/handlers.h"

namespace talkbeat {

inline constexpr uint8_t kAnyPhase = in({Phase::kFresh, Phase::kLoggingIn, Phase::kOnline, Phase::kTransfer});
inline constexpr uint8_t kOnlineOnly = in({Phase::kOnline});
inline constexpr uint8_t kTransferOnly = in({Phase::kTransfer});

/// Everything that a client may send, in which phase of its connection, and who handles it. What is not here is
/// refused.
inline constexpr std::array kClientRoutes{
    // SID_LOGIN
    route<on_login>(in({Phase::kFresh})),
    route<on_logout>(kAnyPhase),
    route<on_device_token>(kOnlineOnly),
    route<on_kick_pc>(kOnlineOnly),
    route<on_push_shield>(kOnlineOnly),
    route<on_query_push_shield>(kOnlineOnly),
    // SID_BUDDY_LIST
    route<on_recent_sessions>(kOnlineOnly),
    route<on_users_info>(kOnlineOnly),
    route<on_remove_session>(kOnlineOnly),
    route<on_all_users>(kOnlineOnly),
    route<on_users_status>(kOnlineOnly),
    route<on_change_avatar>(kOnlineOnly),
    route<on_departments>(kOnlineOnly),
    route<on_change_sign_info>(kOnlineOnly),
    // SID_MSG
    route<on_message>(kOnlineOnly),
    route<on_delivery_ack>(kOnlineOnly),
    route<on_read_ack>(kOnlineOnly),
    route<on_server_time>(kOnlineOnly),
    route<on_unread>(kOnlineOnly),
    route<on_message_list>(kOnlineOnly),
    route<on_latest_msg_id>(kOnlineOnly),
    route<on_messages_by_id>(kOnlineOnly),
    // SID_GROUP
    route<on_group_list>(kOnlineOnly),
    route<on_group_info>(kOnlineOnly),
    route<on_group_create>(kOnlineOnly),
    route<on_group_change_members>(kOnlineOnly),
    route<on_group_shield>(kOnlineOnly),
    // SID_FILE
    route<on_file_login>(in({Phase::kFresh})),
    route<on_file_state>(kTransferOnly),
    route<on_file_pull>(kTransferOnly),
    route<on_file_data>(kTransferOnly),
    route<on_file_request>(kOnlineOnly),
    route<on_offline_files>(kOnlineOnly),
    route<on_add_offline_file>(kOnlineOnly),
    route<on_delete_offline_file>(kOnlineOnly),
    // SID_SWITCH_SERVICE
    unparsed_route<IM::SwitchService::IMP2PCmdMsg, on_p2p_command>(kOnlineOnly),
    // SID_OTHER
    route<on_heartbeat>(kAnyPhase),
};
static_assert(strictly_increasing(kClientRoutes), "a command stands twice or out of order");

}  // namespace talkbeat
