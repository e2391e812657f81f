#pragma once

#include "base/address.h"
#include "proto/login.pb.h"

namespace talkbeat {

/// What a server says that lets everybody in: for fake ones.

/// The login is accepted: the user is Alice.
inline IM::Login::IMLoginRes accepted_login(uint32_t user) {
  IM::Login::IMLoginRes answer;
  answer.set_server_time(1);
  answer.set_result_code(IM::BaseDefine::REFUSE_REASON_NONE);
  auto& info = *answer.mutable_user_info();
  info.set_user_id(user);
  info.set_user_gender(0);
  info.set_user_nick_name("Alice");
  info.set_avatar_url("");
  info.set_department_id(0);
  info.set_email("");
  info.set_user_real_name("");
  info.set_user_tel("");
  info.set_user_domain("alice");
  info.set_status(0);
  return answer;
}

/// login_server names that place, with and without TLS.
inline IM::Login::IMMsgServRsp directions_to(const Address& place, const std::string& backup_ip) {
  IM::Login::IMMsgServRsp answer;
  answer.set_result_code(IM::BaseDefine::REFUSE_REASON_NONE);
  answer.set_prior_ip(place.ip);
  answer.set_backip_ip(backup_ip);
  answer.set_port(place.port);
  answer.set_tls_port(place.port);
  return answer;
}

}  // namespace talkbeat
