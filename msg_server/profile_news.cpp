#include "msg_server/profile_news.h"

#include "base/pdu_protocol.h"
#include "proto/buddy.pb.h"

namespace talkbeat {

namespace {

void tell(MsgServerParts& server, UserId user, const SharedBytes& pdu, ConnId except) {
  server.delivery.to_user(user, pdu, except);
  server.delivery.to_watchers(user, pdu);
}

}  // namespace

void tell_of_profile(MsgServerParts& server, UserId user, const ProfileEdit& edit, ConnId except) {
  if (edit.avatar_url) {
    IM::Buddy::IMAvatarChangedNotify notify;
    notify.set_changed_user_id(user);
    notify.set_avatar_url(*edit.avatar_url);
    tell(server, user, encode_pdu(notify), except);
  }
  if (edit.sign_info) {
    IM::Buddy::IMSignInfoChangedNotify notify;
    notify.set_changed_user_id(user);
    notify.set_sign_info(*edit.sign_info);
    tell(server, user, encode_pdu(notify), except);
  }
}

}  // namespace talkbeat
