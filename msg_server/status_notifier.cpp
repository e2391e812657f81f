#include "msg_server/status_notifier.h"

#include <utility>

#include "base/pdu_protocol.h"
#include "msg_server/client_session.h"
#include "proto/buddy.pb.h"

namespace talkbeat {

StatusNotifier::StatusNotifier(ConnectionTable& connections, const UserDirectory& users, const Watchers& watchers,
                               Tick gather_ms)
    : connections_(connections),
      users_(users),
      watchers_(watchers),
      gather_ms_(gather_ms),
      gather_timer_(connections.loop().timers(), [this] { tell_net_changes(); }) {}

void StatusNotifier::about_to_change(UserId user) {
  if (!watchers_.watched(user)) return;
  before_.try_emplace(user, users_.presence(user));
  if (!gather_timer_.armed()) gather_timer_.start_once(gather_ms_);
}

void StatusNotifier::settle(UserId user) {
  const auto gathered = before_.extract(user);
  if (!gathered.empty()) tell_if_changed(user, gathered.mapped());
}

void StatusNotifier::tell_net_changes() {
  const auto gathered = std::exchange(before_, {});
  for (const auto& [user, before] : gathered) tell_if_changed(user, before);
}

void StatusNotifier::tell_if_changed(UserId user, Presence before) {
  const Presence now = users_.presence(user);
  if (now.pc && !before.pc) {
    tell(user, true);
  } else if (!now.online() && before.online()) {
    tell(user, false);
  }
}

void StatusNotifier::tell(UserId user, bool online) {
  IM::Buddy::IMUserStatNotify notify;
  notify.mutable_user_stat()->set_user_id(user);
  notify.mutable_user_stat()->set_status(online ? IM::BaseDefine::USER_STATUS_ONLINE
                                                : IM::BaseDefine::USER_STATUS_OFFLINE);
  const SharedBytes pdu = encode_pdu(notify);
  watchers_.for_each(user, [&](ConnId session) {
    Connection* connection = connections_.find(session);
    if (connection == nullptr) return;
    if (connection->attachment<ClientSession>().client_class == ClientClass::kPc) connection->send(pdu);
  });
}

}  // namespace talkbeat
