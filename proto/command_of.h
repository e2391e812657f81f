#pragma once

#include <cstdint>

#include "proto/base_define.pb.h"
#include "proto/buddy.pb.h"
#include "proto/file.pb.h"
#include "proto/group.pb.h"
#include "proto/login.pb.h"
#include "proto/message.pb.h"
#include "proto/other.pb.h"
#include "proto/server.pb.h"
#include "proto/switch_service.pb.h"
#include "proto/talkbeat.pb.h"

namespace talkbeat {

/// The command id that a message type travels under: the one place where the two are tied together. Constants, usable
/// from any thread. 0: the type is no PDU of its own (a record inside others).
///
///   static_assert(kCommandOf<IM::Login::IMLoginReq> == 0x0103);
///   const uint16_t command = kCommandOf<M>;
///   const uint16_t service = service_of(command);
template <class M>
inline constexpr uint16_t kCommandOf = 0;

/// The service id that belongs to a command id: its high byte.
constexpr uint16_t service_of(uint16_t command) {
  return static_cast<uint16_t>(command >> 8);
}

template <>
inline constexpr uint16_t kCommandOf<IM::Login::IMMsgServReq> = IM::BaseDefine::CID_LOGIN_REQ_MSGSERVER;
template <>
inline constexpr uint16_t kCommandOf<IM::Login::IMMsgServRsp> = IM::BaseDefine::CID_LOGIN_RES_MSGSERVER;
template <>
inline constexpr uint16_t kCommandOf<IM::Login::IMLoginReq> = IM::BaseDefine::CID_LOGIN_REQ_USERLOGIN;
template <>
inline constexpr uint16_t kCommandOf<IM::Login::IMLoginRes> = IM::BaseDefine::CID_LOGIN_RES_USERLOGIN;
template <>
inline constexpr uint16_t kCommandOf<IM::Login::IMLogoutReq> = IM::BaseDefine::CID_LOGIN_REQ_LOGINOUT;
template <>
inline constexpr uint16_t kCommandOf<IM::Login::IMLogoutRsp> = IM::BaseDefine::CID_LOGIN_RES_LOGINOUT;
template <>
inline constexpr uint16_t kCommandOf<IM::Login::IMKickUser> = IM::BaseDefine::CID_LOGIN_KICK_USER;
template <>
inline constexpr uint16_t kCommandOf<IM::Login::IMDeviceTokenReq> = IM::BaseDefine::CID_LOGIN_REQ_DEVICETOKEN;
template <>
inline constexpr uint16_t kCommandOf<IM::Login::IMDeviceTokenRsp> = IM::BaseDefine::CID_LOGIN_RES_DEVICETOKEN;
template <>
inline constexpr uint16_t kCommandOf<IM::Login::IMKickPCClientReq> = IM::BaseDefine::CID_LOGIN_REQ_KICKPCCLIENT;
template <>
inline constexpr uint16_t kCommandOf<IM::Login::IMKickPCClientRsp> = IM::BaseDefine::CID_LOGIN_RES_KICKPCCLIENT;
template <>
inline constexpr uint16_t kCommandOf<IM::Login::IMPushShieldReq> = IM::BaseDefine::CID_LOGIN_REQ_PUSH_SHIELD;
template <>
inline constexpr uint16_t kCommandOf<IM::Login::IMPushShieldRsp> = IM::BaseDefine::CID_LOGIN_RES_PUSH_SHIELD;
template <>
inline constexpr uint16_t kCommandOf<IM::Login::IMQueryPushShieldReq> = IM::BaseDefine::CID_LOGIN_REQ_QUERY_PUSH_SHIELD;
template <>
inline constexpr uint16_t kCommandOf<IM::Login::IMQueryPushShieldRsp> = IM::BaseDefine::CID_LOGIN_RES_QUERY_PUSH_SHIELD;

template <>
inline constexpr uint16_t kCommandOf<IM::Buddy::IMRecentContactSessionReq> =
    IM::BaseDefine::CID_BUDDY_LIST_RECENT_CONTACT_SESSION_REQUEST;
template <>
inline constexpr uint16_t kCommandOf<IM::Buddy::IMRecentContactSessionRsp> =
    IM::BaseDefine::CID_BUDDY_LIST_RECENT_CONTACT_SESSION_RESPONSE;
template <>
inline constexpr uint16_t kCommandOf<IM::Buddy::IMUserStatNotify> = IM::BaseDefine::CID_BUDDY_LIST_STATUS_NOTIFY;
template <>
inline constexpr uint16_t kCommandOf<IM::Buddy::IMUsersInfoReq> = IM::BaseDefine::CID_BUDDY_LIST_USER_INFO_REQUEST;
template <>
inline constexpr uint16_t kCommandOf<IM::Buddy::IMUsersInfoRsp> = IM::BaseDefine::CID_BUDDY_LIST_USER_INFO_RESPONSE;
template <>
inline constexpr uint16_t kCommandOf<IM::Buddy::IMRemoveSessionReq> = IM::BaseDefine::CID_BUDDY_LIST_REMOVE_SESSION_REQ;
template <>
inline constexpr uint16_t kCommandOf<IM::Buddy::IMRemoveSessionRsp> = IM::BaseDefine::CID_BUDDY_LIST_REMOVE_SESSION_RES;
template <>
inline constexpr uint16_t kCommandOf<IM::Buddy::IMAllUserReq> = IM::BaseDefine::CID_BUDDY_LIST_ALL_USER_REQUEST;
template <>
inline constexpr uint16_t kCommandOf<IM::Buddy::IMAllUserRsp> = IM::BaseDefine::CID_BUDDY_LIST_ALL_USER_RESPONSE;
template <>
inline constexpr uint16_t kCommandOf<IM::Buddy::IMUsersStatReq> = IM::BaseDefine::CID_BUDDY_LIST_USERS_STATUS_REQUEST;
template <>
inline constexpr uint16_t kCommandOf<IM::Buddy::IMUsersStatRsp> = IM::BaseDefine::CID_BUDDY_LIST_USERS_STATUS_RESPONSE;
template <>
inline constexpr uint16_t kCommandOf<IM::Buddy::IMChangeAvatarReq> =
    IM::BaseDefine::CID_BUDDY_LIST_CHANGE_AVATAR_REQUEST;
template <>
inline constexpr uint16_t kCommandOf<IM::Buddy::IMChangeAvatarRsp> =
    IM::BaseDefine::CID_BUDDY_LIST_CHANGE_AVATAR_RESPONSE;
template <>
inline constexpr uint16_t kCommandOf<IM::Buddy::IMPCLoginStatusNotify> =
    IM::BaseDefine::CID_BUDDY_LIST_PC_LOGIN_STATUS_NOTIFY;
template <>
inline constexpr uint16_t kCommandOf<IM::Buddy::IMRemoveSessionNotify> =
    IM::BaseDefine::CID_BUDDY_LIST_REMOVE_SESSION_NOTIFY;
template <>
inline constexpr uint16_t kCommandOf<IM::Buddy::IMDepartmentReq> = IM::BaseDefine::CID_BUDDY_LIST_DEPARTMENT_REQUEST;
template <>
inline constexpr uint16_t kCommandOf<IM::Buddy::IMDepartmentRsp> = IM::BaseDefine::CID_BUDDY_LIST_DEPARTMENT_RESPONSE;
template <>
inline constexpr uint16_t kCommandOf<IM::Buddy::IMAvatarChangedNotify> =
    IM::BaseDefine::CID_BUDDY_LIST_AVATAR_CHANGED_NOTIFY;
template <>
inline constexpr uint16_t kCommandOf<IM::Buddy::IMChangeSignInfoReq> =
    IM::BaseDefine::CID_BUDDY_LIST_CHANGE_SIGN_INFO_REQUEST;
template <>
inline constexpr uint16_t kCommandOf<IM::Buddy::IMChangeSignInfoRsp> =
    IM::BaseDefine::CID_BUDDY_LIST_CHANGE_SIGN_INFO_RESPONSE;
template <>
inline constexpr uint16_t kCommandOf<IM::Buddy::IMSignInfoChangedNotify> =
    IM::BaseDefine::CID_BUDDY_LIST_SIGN_INFO_CHANGED_NOTIFY;

template <>
inline constexpr uint16_t kCommandOf<IM::Message::IMMsgData> = IM::BaseDefine::CID_MSG_DATA;
template <>
inline constexpr uint16_t kCommandOf<IM::Message::IMMsgDataAck> = IM::BaseDefine::CID_MSG_DATA_ACK;
template <>
inline constexpr uint16_t kCommandOf<IM::Message::IMMsgDataReadAck> = IM::BaseDefine::CID_MSG_READ_ACK;
template <>
inline constexpr uint16_t kCommandOf<IM::Message::IMMsgDataReadNotify> = IM::BaseDefine::CID_MSG_READ_NOTIFY;
template <>
inline constexpr uint16_t kCommandOf<IM::Message::IMClientTimeReq> = IM::BaseDefine::CID_MSG_TIME_REQUEST;
template <>
inline constexpr uint16_t kCommandOf<IM::Message::IMClientTimeRsp> = IM::BaseDefine::CID_MSG_TIME_RESPONSE;
template <>
inline constexpr uint16_t kCommandOf<IM::Message::IMUnreadMsgCntReq> = IM::BaseDefine::CID_MSG_UNREAD_CNT_REQUEST;
template <>
inline constexpr uint16_t kCommandOf<IM::Message::IMUnreadMsgCntRsp> = IM::BaseDefine::CID_MSG_UNREAD_CNT_RESPONSE;
template <>
inline constexpr uint16_t kCommandOf<IM::Message::IMGetMsgListReq> = IM::BaseDefine::CID_MSG_LIST_REQUEST;
template <>
inline constexpr uint16_t kCommandOf<IM::Message::IMGetMsgListRsp> = IM::BaseDefine::CID_MSG_LIST_RESPONSE;
template <>
inline constexpr uint16_t kCommandOf<IM::Message::IMGetLatestMsgIdReq> = IM::BaseDefine::CID_MSG_GET_LATEST_MSG_ID_REQ;
template <>
inline constexpr uint16_t kCommandOf<IM::Message::IMGetLatestMsgIdRsp> = IM::BaseDefine::CID_MSG_GET_LATEST_MSG_ID_RSP;
template <>
inline constexpr uint16_t kCommandOf<IM::Message::IMGetMsgByIdReq> = IM::BaseDefine::CID_MSG_GET_BY_MSG_ID_REQ;
template <>
inline constexpr uint16_t kCommandOf<IM::Message::IMGetMsgByIdRsp> = IM::BaseDefine::CID_MSG_GET_BY_MSG_ID_RES;

template <>
inline constexpr uint16_t kCommandOf<IM::Group::IMNormalGroupListReq> = IM::BaseDefine::CID_GROUP_NORMAL_LIST_REQUEST;
template <>
inline constexpr uint16_t kCommandOf<IM::Group::IMNormalGroupListRsp> = IM::BaseDefine::CID_GROUP_NORMAL_LIST_RESPONSE;
template <>
inline constexpr uint16_t kCommandOf<IM::Group::IMGroupInfoListReq> = IM::BaseDefine::CID_GROUP_INFO_REQUEST;
template <>
inline constexpr uint16_t kCommandOf<IM::Group::IMGroupInfoListRsp> = IM::BaseDefine::CID_GROUP_INFO_RESPONSE;
template <>
inline constexpr uint16_t kCommandOf<IM::Group::IMGroupCreateReq> = IM::BaseDefine::CID_GROUP_CREATE_REQUEST;
template <>
inline constexpr uint16_t kCommandOf<IM::Group::IMGroupCreateRsp> = IM::BaseDefine::CID_GROUP_CREATE_RESPONSE;
template <>
inline constexpr uint16_t kCommandOf<IM::Group::IMGroupChangeMemberReq> =
    IM::BaseDefine::CID_GROUP_CHANGE_MEMBER_REQUEST;
template <>
inline constexpr uint16_t kCommandOf<IM::Group::IMGroupChangeMemberRsp> =
    IM::BaseDefine::CID_GROUP_CHANGE_MEMBER_RESPONSE;
template <>
inline constexpr uint16_t kCommandOf<IM::Group::IMGroupShieldReq> = IM::BaseDefine::CID_GROUP_SHIELD_GROUP_REQUEST;
template <>
inline constexpr uint16_t kCommandOf<IM::Group::IMGroupShieldRsp> = IM::BaseDefine::CID_GROUP_SHIELD_GROUP_RESPONSE;
template <>
inline constexpr uint16_t kCommandOf<IM::Group::IMGroupChangeMemberNotify> =
    IM::BaseDefine::CID_GROUP_CHANGE_MEMBER_NOTIFY;

template <>
inline constexpr uint16_t kCommandOf<IM::File::IMFileLoginReq> = IM::BaseDefine::CID_FILE_LOGIN_REQ;
template <>
inline constexpr uint16_t kCommandOf<IM::File::IMFileLoginRsp> = IM::BaseDefine::CID_FILE_LOGIN_RES;
template <>
inline constexpr uint16_t kCommandOf<IM::File::IMFileState> = IM::BaseDefine::CID_FILE_STATE;
template <>
inline constexpr uint16_t kCommandOf<IM::File::IMFilePullDataReq> = IM::BaseDefine::CID_FILE_PULL_DATA_REQ;
template <>
inline constexpr uint16_t kCommandOf<IM::File::IMFilePullDataRsp> = IM::BaseDefine::CID_FILE_PULL_DATA_RSP;
template <>
inline constexpr uint16_t kCommandOf<IM::File::IMFileReq> = IM::BaseDefine::CID_FILE_REQUEST;
template <>
inline constexpr uint16_t kCommandOf<IM::File::IMFileRsp> = IM::BaseDefine::CID_FILE_RESPONSE;
template <>
inline constexpr uint16_t kCommandOf<IM::File::IMFileNotify> = IM::BaseDefine::CID_FILE_NOTIFY;
template <>
inline constexpr uint16_t kCommandOf<IM::File::IMFileHasOfflineReq> = IM::BaseDefine::CID_FILE_HAS_OFFLINE_REQ;
template <>
inline constexpr uint16_t kCommandOf<IM::File::IMFileHasOfflineRsp> = IM::BaseDefine::CID_FILE_HAS_OFFLINE_RES;
template <>
inline constexpr uint16_t kCommandOf<IM::File::IMFileAddOfflineReq> = IM::BaseDefine::CID_FILE_ADD_OFFLINE_REQ;
template <>
inline constexpr uint16_t kCommandOf<IM::File::IMFileDelOfflineReq> = IM::BaseDefine::CID_FILE_DEL_OFFLINE_REQ;

template <>
inline constexpr uint16_t kCommandOf<IM::SwitchService::IMP2PCmdMsg> = IM::BaseDefine::CID_SWITCH_P2P_CMD;

template <>
inline constexpr uint16_t kCommandOf<IM::Other::IMHeartBeat> = IM::BaseDefine::CID_OTHER_HEARTBEAT;

template <>
inline constexpr uint16_t kCommandOf<IM::Server::IMStopReceivePacket> = IM::BaseDefine::CID_OTHER_STOP_RECV_PACKET;
template <>
inline constexpr uint16_t kCommandOf<IM::Server::IMValidateReq> = IM::BaseDefine::CID_OTHER_VALIDATE_REQ;
template <>
inline constexpr uint16_t kCommandOf<IM::Server::IMValidateRsp> = IM::BaseDefine::CID_OTHER_VALIDATE_RSP;
template <>
inline constexpr uint16_t kCommandOf<IM::Server::IMGetDeviceTokenReq> = IM::BaseDefine::CID_OTHER_GET_DEVICE_TOKEN_REQ;
template <>
inline constexpr uint16_t kCommandOf<IM::Server::IMGetDeviceTokenRsp> = IM::BaseDefine::CID_OTHER_GET_DEVICE_TOKEN_RSP;
template <>
inline constexpr uint16_t kCommandOf<IM::Server::IMRoleSet> = IM::BaseDefine::CID_OTHER_ROLE_SET;
template <>
inline constexpr uint16_t kCommandOf<IM::Server::IMOnlineUserInfo> = IM::BaseDefine::CID_OTHER_ONLINE_USER_INFO;
template <>
inline constexpr uint16_t kCommandOf<IM::Server::IMMsgServInfo> = IM::BaseDefine::CID_OTHER_MSG_SERV_INFO;
template <>
inline constexpr uint16_t kCommandOf<IM::Server::IMUserStatusUpdate> = IM::BaseDefine::CID_OTHER_USER_STATUS_UPDATE;
template <>
inline constexpr uint16_t kCommandOf<IM::Server::IMUserCntUpdate> = IM::BaseDefine::CID_OTHER_USER_CNT_UPDATE;
template <>
inline constexpr uint16_t kCommandOf<IM::Server::IMServerKickUser> = IM::BaseDefine::CID_OTHER_SERVER_KICK_USER;
template <>
inline constexpr uint16_t kCommandOf<IM::Server::IMServerPCLoginStatusNotify> =
    IM::BaseDefine::CID_OTHER_LOGIN_STATUS_NOTIFY;
template <>
inline constexpr uint16_t kCommandOf<IM::Server::IMPushToUserReq> = IM::BaseDefine::CID_OTHER_PUSH_TO_USER_REQ;
template <>
inline constexpr uint16_t kCommandOf<IM::Server::IMPushToUserRsp> = IM::BaseDefine::CID_OTHER_PUSH_TO_USER_RSP;
template <>
inline constexpr uint16_t kCommandOf<IM::Server::IMGroupGetShieldReq> = IM::BaseDefine::CID_OTHER_GET_SHIELD_REQ;
template <>
inline constexpr uint16_t kCommandOf<IM::Server::IMGroupGetShieldRsp> = IM::BaseDefine::CID_OTHER_GET_SHIELD_RSP;
template <>
inline constexpr uint16_t kCommandOf<IM::Server::IMFileTransferReq> = IM::BaseDefine::CID_OTHER_FILE_TRANSFER_REQ;
template <>
inline constexpr uint16_t kCommandOf<IM::Server::IMFileTransferRsp> = IM::BaseDefine::CID_OTHER_FILE_TRANSFER_RSP;
template <>
inline constexpr uint16_t kCommandOf<IM::Server::IMFileServerIPReq> = IM::BaseDefine::CID_OTHER_FILE_SERVER_IP_REQ;
template <>
inline constexpr uint16_t kCommandOf<IM::Server::IMFileServerIPRsp> = IM::BaseDefine::CID_OTHER_FILE_SERVER_IP_RSP;

template <>
inline constexpr uint16_t kCommandOf<TbGoAway> = CID_TALKBEAT_GO_AWAY;
template <>
inline constexpr uint16_t kCommandOf<TbChallenge> = CID_TALKBEAT_CHALLENGE;
template <>
inline constexpr uint16_t kCommandOf<TbServerAuth> = CID_TALKBEAT_SERVER_AUTH;
template <>
inline constexpr uint16_t kCommandOf<TbServerAuthResult> = CID_TALKBEAT_SERVER_AUTH_RESULT;
template <>
inline constexpr uint16_t kCommandOf<TbError> = CID_TALKBEAT_ERROR;
template <>
inline constexpr uint16_t kCommandOf<TbRelay> = CID_TALKBEAT_RELAY;
template <>
inline constexpr uint16_t kCommandOf<TbSweep> = CID_TALKBEAT_SWEEP;
template <>
inline constexpr uint16_t kCommandOf<TbPlacesReq> = CID_TALKBEAT_PLACES_REQ;
template <>
inline constexpr uint16_t kCommandOf<TbPlacesRsp> = CID_TALKBEAT_PLACES_RSP;

}  // namespace talkbeat
