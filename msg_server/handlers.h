#pragma once

#include "base/dispatch.h"
#include "msg_server/client_session.h"
#include "proto/buddy.pb.h"
#include "proto/login.pb.h"
#include "proto/message.pb.h"
#include "proto/other.pb.h"

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
Verdict on_users_info(ClientContext& client, const PduHeader& header, const IM::Buddy::IMUsersInfoReq& request);
Verdict on_all_users(ClientContext& client, const PduHeader& header, const IM::Buddy::IMAllUserReq& request);
Verdict on_users_status(ClientContext& client, const PduHeader& header, const IM::Buddy::IMUsersStatReq& request);

// message_handlers.cpp
Verdict on_message(ClientContext& client, const PduHeader& header, const IM::Message::IMMsgData& message);
Verdict on_delivery_ack(ClientContext& client, const PduHeader& header, const IM::Message::IMMsgDataAck& ack);
Verdict on_read_ack(ClientContext& client, const PduHeader& header, const IM::Message::IMMsgDataReadAck& ack);

// history_handlers.cpp
Verdict on_unread(ClientContext& client, const PduHeader& header, const IM::Message::IMUnreadMsgCntReq& request);
Verdict on_message_list(ClientContext& client, const PduHeader& header, const IM::Message::IMGetMsgListReq& request);
Verdict on_messages_by_id(ClientContext& client, const PduHeader& header, const IM::Message::IMGetMsgByIdReq& request);
Verdict on_latest_msg_id(ClientContext& client, const PduHeader& header,
                         const IM::Message::IMGetLatestMsgIdReq& request);

}  // namespace talkbeat
