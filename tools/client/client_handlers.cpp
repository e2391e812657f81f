#include "tools/client/client_handlers.h"

#include <algorithm>

#include "tools/client/file_requests.h"

namespace talkbeat {

// The server that is being left has heard of our own new login: its kick is our own doing.
Verdict ClientHandlers::on_kick(Client& client, const PduHeader&, const IM::Login::IMKickUser& kick) {
  const bool newer_login = kick.kick_reason() == IM::BaseDefine::KICK_REASON_DUPLICATE_USER;
  if (newer_login && client.attempt_.logging_in()) return Verdict::handled();
  client.kicked(newer_login ? KickedBy::kNewerLogin : KickedBy::kMobile);
  return Verdict::handled();
}

Verdict ClientHandlers::on_user_status(Client& client, const PduHeader&, const IM::Buddy::IMUserStatNotify& notify) {
  client.listener_.on_user_status(notify.user_stat().user_id(), notify.user_stat().status());
  return Verdict::handled();
}

Verdict ClientHandlers::on_avatar(Client& client, const PduHeader&, const IM::Buddy::IMAvatarChangedNotify& notify) {
  client.listener_.on_avatar_changed(notify.changed_user_id(), notify.avatar_url());
  return Verdict::handled();
}

Verdict ClientHandlers::on_sign_info(Client& client, const PduHeader&,
                                     const IM::Buddy::IMSignInfoChangedNotify& notify) {
  client.listener_.on_sign_info_changed(notify.changed_user_id(), notify.sign_info());
  return Verdict::handled();
}

Verdict ClientHandlers::on_message(Client& client, const PduHeader&, const IM::Message::IMMsgData& data) {
  client.flow_.take_message(data);
  return Verdict::handled();
}

Verdict ClientHandlers::on_ack(Client& client, const PduHeader& header, const IM::Message::IMMsgDataAck& ack) {
  client.flow_.take_ack(header.seq_num, ack);
  return Verdict::handled();
}

Verdict ClientHandlers::on_read(Client& client, const PduHeader&, const IM::Message::IMMsgDataReadNotify& notify) {
  client.listener_.on_read({notify.session_type(), notify.session_id()}, notify.msg_id());
  return Verdict::handled();
}

Verdict ClientHandlers::on_group_change(Client& client, const PduHeader&,
                                        const IM::Group::IMGroupChangeMemberNotify& notify) {
  const GroupChange change{.group = notify.group_id(),
                           .by = notify.user_id(),
                           .added = notify.change_type() == IM::BaseDefine::GROUP_MODIFY_TYPE_ADD,
                           .changed = {notify.chg_user_id_list().begin(), notify.chg_user_id_list().end()},
                           .members = {notify.cur_user_id_list().begin(), notify.cur_user_id_list().end()}};
  const bool out = !change.added && std::ranges::count(change.changed, client.profile_.user_id()) > 0;
  if (out) client.flow_.leave({IM::BaseDefine::SESSION_TYPE_GROUP, change.group});
  if (client.state() != ClientState::kClosed) client.listener_.on_group_changed(change);
  return Verdict::handled();
}

Verdict ClientHandlers::on_file_offer(Client& client, const PduHeader&, const IM::File::IMFileNotify& notify) {
  client.listener_.on_file_offer(offer_in(notify, client.network_.uses_tls()));
  return Verdict::handled();
}

Verdict ClientHandlers::on_p2p_command(Client& client, const PduHeader&,
                                       const IM::SwitchService::IMP2PCmdMsg& command) {
  client.listener_.on_p2p_command(command.from_user_id(), command.cmd_msg_data());
  return Verdict::handled();
}

Verdict ClientHandlers::on_heartbeat(Client& client, const PduHeader& header, const IM::Other::IMHeartBeat&) {
  client.link_.take_heartbeat(header.seq_num);
  return Verdict::handled();
}

Verdict ClientHandlers::on_go_away(Client& client, const PduHeader&, const TbGoAway& notice) {
  client.go_away(notice);
  return Verdict::handled();
}

Verdict ClientHandlers::on_error(Client& client, const PduHeader&, const TbError& error) {
  // The server does not know this session: begin anew, and keep what was to be sent.
  if (error.code() == ERROR_NOT_LOGGED_IN) return Verdict::close(CloseReason::kProtocolError);
  if (!client.flow_.take_refusal(error)) client.link_.take_refusal(error);
  return Verdict::handled();
}

}  // namespace talkbeat
