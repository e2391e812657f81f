#include "tests/fuzz/message_types.h"

#include <algorithm>
#include <array>

#include "proto/command_of.h"

namespace talkbeat::fuzz {

namespace {

struct MessageType {
  uint16_t command;
  std::unique_ptr<google::protobuf::Message> (*make)();
};

template <class M>
constexpr MessageType type_of() {
  static_assert(kCommandOf<M> != 0, "this message is no PDU");
  return {kCommandOf<M>, []() -> std::unique_ptr<google::protobuf::Message> { return std::make_unique<M>(); }};
}

template <class... Ms>
constexpr auto sorted_types() {
  std::array types{type_of<Ms>()...};
  std::ranges::sort(types, {}, &MessageType::command);
  return types;
}

namespace login = IM::Login;
namespace buddy = IM::Buddy;
namespace message = IM::Message;
namespace group = IM::Group;
namespace file = IM::File;
namespace server = IM::Server;

constexpr auto kTypes = sorted_types<
    login::IMMsgServReq, login::IMMsgServRsp, login::IMLoginReq, login::IMLoginRes, login::IMLogoutReq,
    login::IMLogoutRsp, login::IMKickUser, login::IMDeviceTokenReq, login::IMDeviceTokenRsp, login::IMKickPCClientReq,
    login::IMKickPCClientRsp, login::IMPushShieldReq, login::IMPushShieldRsp, login::IMQueryPushShieldReq,
    login::IMQueryPushShieldRsp, buddy::IMRecentContactSessionReq, buddy::IMRecentContactSessionRsp,
    buddy::IMUserStatNotify, buddy::IMUsersInfoReq, buddy::IMUsersInfoRsp, buddy::IMRemoveSessionReq,
    buddy::IMRemoveSessionRsp, buddy::IMAllUserReq, buddy::IMAllUserRsp, buddy::IMUsersStatReq, buddy::IMUsersStatRsp,
    buddy::IMChangeAvatarReq, buddy::IMChangeAvatarRsp, buddy::IMPCLoginStatusNotify, buddy::IMRemoveSessionNotify,
    buddy::IMDepartmentReq, buddy::IMDepartmentRsp, buddy::IMAvatarChangedNotify, buddy::IMChangeSignInfoReq,
    buddy::IMChangeSignInfoRsp, buddy::IMSignInfoChangedNotify, message::IMMsgData, message::IMMsgDataAck,
    message::IMMsgDataReadAck, message::IMMsgDataReadNotify, message::IMClientTimeReq, message::IMClientTimeRsp,
    message::IMUnreadMsgCntReq, message::IMUnreadMsgCntRsp, message::IMGetMsgListReq, message::IMGetMsgListRsp,
    message::IMGetLatestMsgIdReq, message::IMGetLatestMsgIdRsp, message::IMGetMsgByIdReq, message::IMGetMsgByIdRsp,
    group::IMNormalGroupListReq, group::IMNormalGroupListRsp, group::IMGroupInfoListReq, group::IMGroupInfoListRsp,
    group::IMGroupCreateReq, group::IMGroupCreateRsp, group::IMGroupChangeMemberReq, group::IMGroupChangeMemberRsp,
    group::IMGroupShieldReq, group::IMGroupShieldRsp, group::IMGroupChangeMemberNotify, file::IMFileLoginReq,
    file::IMFileLoginRsp, file::IMFileState, file::IMFilePullDataReq, file::IMFilePullDataRsp, file::IMFileReq,
    file::IMFileRsp, file::IMFileNotify, file::IMFileHasOfflineReq, file::IMFileHasOfflineRsp,
    file::IMFileAddOfflineReq, file::IMFileDelOfflineReq, IM::SwitchService::IMP2PCmdMsg, IM::Other::IMHeartBeat,
    server::IMStopReceivePacket, server::IMValidateReq, server::IMValidateRsp, server::IMGetDeviceTokenReq,
    server::IMGetDeviceTokenRsp, server::IMRoleSet, server::IMOnlineUserInfo, server::IMMsgServInfo,
    server::IMUserStatusUpdate, server::IMUserCntUpdate, server::IMServerKickUser, server::IMServerPCLoginStatusNotify,
    server::IMPushToUserReq, server::IMPushToUserRsp, server::IMGroupGetShieldReq, server::IMGroupGetShieldRsp,
    server::IMFileTransferReq, server::IMFileTransferRsp, server::IMFileServerIPReq, server::IMFileServerIPRsp,
    TbGoAway, TbChallenge, TbServerAuth, TbServerAuthResult, TbError, TbRelay, TbSweep, TbPlacesReq, TbPlacesRsp>();

constexpr auto kCommands = [] {
  std::array<uint16_t, kTypes.size()> commands{};
  std::ranges::transform(kTypes, commands.begin(), &MessageType::command);
  return commands;
}();

}  // namespace

std::unique_ptr<google::protobuf::Message> message_of(uint16_t command) {
  const auto found = std::ranges::lower_bound(kTypes, command, {}, &MessageType::command);
  return found != kTypes.end() && found->command == command ? found->make() : nullptr;
}

std::span<const uint16_t> all_commands() {
  return kCommands;
}

}  // namespace talkbeat::fuzz
