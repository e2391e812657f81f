#pragma once

#include "base/dispatch.h"
#include "msg_server/client_session.h"
#include "proto/buddy.pb.h"
#include "proto/file.pb.h"
#include "proto/group.pb.h"
#include "proto/login.pb.h"
#include "proto/message.pb.h"
#include "proto/other.pb.h"
#include "proto/switch_service.pb.h"

namespace talkbeat {

// One free function a command that a client may send, found through the table in client_routes.h. Each gets the parsed
// PDU and says what becomes of it; what needs the store or a password check is answered later, over the connection's
// id. The user in a request's body is never believed: the session's counts.

// login_handlers.cpp
Verdict on_login(ClientContext& client, const PduHeader& header, const IM::Login::IMLoginReq& request);

// session_handlers.cpp
Verdict on_logout(ClientContext& client, const PduHeader& header, const IM::Login::IMLogoutReq& request);
Verdict on_kick_pc(ClientContext& client, const PduHeader& header, const IM::Login::IMKickPCClientReq& request);
Verdict on_heartbeat(ClientContext& client, const PduHeader& header, const IM::Other::IMHeartBeat& request);
Verdict on_server_time(ClientContext& client, const PduHeader& header, const IM::Message::IMClientTimeReq& request);

// buddy_handlers.cpp
Verdict on_recent_sessions(ClientContext& client, const PduHeader& header,
                           const IM::Buddy::IMRecentContactSessionReq& request);
Verdict on_remove_session(ClientContext& client, const PduHeader& header, const IM::Buddy::IMRemoveSessionReq& request);
Verdict on_users_status(ClientContext& client, const PduHeader& header, const IM::Buddy::IMUsersStatReq& request);

// directory_handlers.cpp
Verdict on_users_info(ClientContext& client, const PduHeader& header, const IM::Buddy::IMUsersInfoReq& request);
Verdict on_all_users(ClientContext& client, const PduHeader& header, const IM::Buddy::IMAllUserReq& request);
Verdict on_departments(ClientContext& client, const PduHeader& header, const IM::Buddy::IMDepartmentReq& request);

// profile_handlers.cpp
Verdict on_change_avatar(ClientContext& client, const PduHeader& header, const IM::Buddy::IMChangeAvatarReq& request);
Verdict on_change_sign_info(ClientContext& client, const PduHeader& header,
                            const IM::Buddy::IMChangeSignInfoReq& request);

// push/device_handlers.cpp
Verdict on_device_token(ClientContext& client, const PduHeader& header, const IM::Login::IMDeviceTokenReq& request);
Verdict on_push_shield(ClientContext& client, const PduHeader& header, const IM::Login::IMPushShieldReq& request);
Verdict on_query_push_shield(ClientContext& client, const PduHeader& header,
                             const IM::Login::IMQueryPushShieldReq& request);

// groups/group_handlers.cpp
Verdict on_group_list(ClientContext& client, const PduHeader& header, const IM::Group::IMNormalGroupListReq& request);
Verdict on_group_info(ClientContext& client, const PduHeader& header, const IM::Group::IMGroupInfoListReq& request);
Verdict on_group_create(ClientContext& client, const PduHeader& header, const IM::Group::IMGroupCreateReq& request);
Verdict on_group_change_members(ClientContext& client, const PduHeader& header,
                                const IM::Group::IMGroupChangeMemberReq& request);
Verdict on_group_shield(ClientContext& client, const PduHeader& header, const IM::Group::IMGroupShieldReq& request);

// files/file_handlers.cpp: what the two parties say of a file on their ordinary connections
Verdict on_file_request(ClientContext& client, const PduHeader& header, const IM::File::IMFileReq& request);
Verdict on_offline_files(ClientContext& client, const PduHeader& header, const IM::File::IMFileHasOfflineReq& request);
Verdict on_add_offline_file(ClientContext& client, const PduHeader& header,
                            const IM::File::IMFileAddOfflineReq& request);
Verdict on_delete_offline_file(ClientContext& client, const PduHeader& header,
                               const IM::File::IMFileDelOfflineReq& request);

// files/transfer_handlers.cpp: the second connection, which carries a file's bytes
Verdict on_file_login(ClientContext& client, const PduHeader& header, const IM::File::IMFileLoginReq& request);
Verdict on_file_state(ClientContext& client, const PduHeader& header, const IM::File::IMFileState& state);
Verdict on_file_pull(ClientContext& client, const PduHeader& header, const IM::File::IMFilePullDataReq& request);
Verdict on_file_data(ClientContext& client, const PduHeader& header, const IM::File::IMFilePullDataRsp& data);

// message_handlers.cpp
Verdict on_message(ClientContext& client, const PduHeader& header, const IM::Message::IMMsgData& message);
Verdict on_delivery_ack(ClientContext& client, const PduHeader& header, const IM::Message::IMMsgDataAck& ack);
Verdict on_read_ack(ClientContext& client, const PduHeader& header, const IM::Message::IMMsgDataReadAck& ack);

// typing_handlers.cpp
Verdict on_p2p_command(ClientContext& client, const PduHeader& header, std::span<const std::byte> body,
                       google::protobuf::Arena& arena);

// history_handlers.cpp
Verdict on_unread(ClientContext& client, const PduHeader& header, const IM::Message::IMUnreadMsgCntReq& request);
Verdict on_message_list(ClientContext& client, const PduHeader& header, const IM::Message::IMGetMsgListReq& request);
Verdict on_messages_by_id(ClientContext& client, const PduHeader& header, const IM::Message::IMGetMsgByIdReq& request);
Verdict on_latest_msg_id(ClientContext& client, const PduHeader& header,
                         const IM::Message::IMGetLatestMsgIdReq& request);

}  // namespace talkbeat
