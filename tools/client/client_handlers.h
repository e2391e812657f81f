#pragma once

#include "base/dispatch.h"
#include "tools/client/client.h"

namespace talkbeat {

/// What a client that is online does about each PDU that is no answer to a request of its own: the rows of
/// kServerRoutes.
struct ClientHandlers {
  static Verdict on_kick(Client& client, const PduHeader& header, const IM::Login::IMKickUser& kick);
  static Verdict on_user_status(Client& client, const PduHeader& header, const IM::Buddy::IMUserStatNotify& notify);
  static Verdict on_avatar(Client& client, const PduHeader& header, const IM::Buddy::IMAvatarChangedNotify& notify);
  static Verdict on_sign_info(Client& client, const PduHeader& header,
                              const IM::Buddy::IMSignInfoChangedNotify& notify);
  static Verdict on_message(Client& client, const PduHeader& header, const IM::Message::IMMsgData& data);
  static Verdict on_ack(Client& client, const PduHeader& header, const IM::Message::IMMsgDataAck& ack);
  static Verdict on_read(Client& client, const PduHeader& header, const IM::Message::IMMsgDataReadNotify& notify);
  static Verdict on_group_change(Client& client, const PduHeader& header,
                                 const IM::Group::IMGroupChangeMemberNotify& notify);
  static Verdict on_file_offer(Client& client, const PduHeader& header, const IM::File::IMFileNotify& notify);
  static Verdict on_p2p_command(Client& client, const PduHeader& header, const IM::SwitchService::IMP2PCmdMsg& command);
  static Verdict on_heartbeat(Client& client, const PduHeader& header, const IM::Other::IMHeartBeat& beat);
  static Verdict on_go_away(Client& client, const PduHeader& header, const TbGoAway& notice);
  static Verdict on_error(Client& client, const PduHeader& header, const TbError& error);
};

inline constexpr uint8_t kWhileOnline = 1;  // the table has one phase

inline constexpr std::array kServerRoutes{
    route<&ClientHandlers::on_kick>(kWhileOnline),       route<&ClientHandlers::on_user_status>(kWhileOnline),
    route<&ClientHandlers::on_avatar>(kWhileOnline),     route<&ClientHandlers::on_sign_info>(kWhileOnline),
    route<&ClientHandlers::on_message>(kWhileOnline),    route<&ClientHandlers::on_ack>(kWhileOnline),
    route<&ClientHandlers::on_read>(kWhileOnline),       route<&ClientHandlers::on_group_change>(kWhileOnline),
    route<&ClientHandlers::on_file_offer>(kWhileOnline), route<&ClientHandlers::on_p2p_command>(kWhileOnline),
    route<&ClientHandlers::on_heartbeat>(kWhileOnline),  route<&ClientHandlers::on_go_away>(kWhileOnline),
    route<&ClientHandlers::on_error>(kWhileOnline),
};
static_assert(strictly_increasing(kServerRoutes), "a command stands twice or out of order");

}  // namespace talkbeat
