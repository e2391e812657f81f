#pragma once

#include "base/dispatch.h"
#include "tools/client/client.h"

namespace talkbeat {

enum class ClientPhase : uint8_t { kLoggingIn, kOnline };

/// What a client does about each PDU that is no answer to a request of its own: the rows of kServerRoutes.
struct ClientHandlers {
  static Verdict on_login_answer(Client& client, const PduHeader& header, const IM::Login::IMLoginRes& answer);
  static Verdict on_kick(Client& client, const PduHeader& header, const IM::Login::IMKickUser& kick);
  static Verdict on_user_status(Client& client, const PduHeader& header, const IM::Buddy::IMUserStatNotify& notify);
  static Verdict on_message(Client& client, const PduHeader& header, const IM::Message::IMMsgData& data);
  static Verdict on_ack(Client& client, const PduHeader& header, const IM::Message::IMMsgDataAck& ack);
  static Verdict on_read(Client& client, const PduHeader& header, const IM::Message::IMMsgDataReadNotify& notify);
  static Verdict on_heartbeat(Client& client, const PduHeader& header, const IM::Other::IMHeartBeat& beat);
  static Verdict on_go_away(Client& client, const PduHeader& header, const TbGoAway& notice);
  static Verdict on_error(Client& client, const PduHeader& header, const TbError& error);
};

inline constexpr uint8_t kLoggingInOnly = in({ClientPhase::kLoggingIn});
inline constexpr uint8_t kOnlineOnly = in({ClientPhase::kOnline});
inline constexpr uint8_t kAnyClientPhase = in({ClientPhase::kLoggingIn, ClientPhase::kOnline});

inline constexpr std::array kServerRoutes{
    route<&ClientHandlers::on_login_answer>(kLoggingInOnly),
    route<&ClientHandlers::on_kick>(kAnyClientPhase),
    route<&ClientHandlers::on_user_status>(kOnlineOnly),
    route<&ClientHandlers::on_message>(kOnlineOnly),
    route<&ClientHandlers::on_ack>(kOnlineOnly),
    route<&ClientHandlers::on_read>(kOnlineOnly),
    route<&ClientHandlers::on_heartbeat>(kAnyClientPhase),
    route<&ClientHandlers::on_go_away>(kAnyClientPhase),
    route<&ClientHandlers::on_error>(kAnyClientPhase),
};
static_assert(strictly_increasing(kServerRoutes), "a command stands twice or out of order");

}  // namespace talkbeat
