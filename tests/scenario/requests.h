#pragma once

#include <vector>

#include "proto/buddy.pb.h"
#include "proto/message.pb.h"
#include "proto/other.pb.h"
#include "tests/scenario/wire_client.h"

namespace talkbeat::scenario {

// What most scenarios ask of a msg_server, with the required fields filled in.

inline constexpr IM::BaseDefine::ClientType kPc = IM::BaseDefine::CLIENT_TYPE_WINDOWS;
inline constexpr IM::BaseDefine::ClientType kMobile = IM::BaseDefine::CLIENT_TYPE_ANDROID;

/// A request or ack about the client's conversation with `peer`.
///
///   auto ack = about<IM::Message::IMMsgDataReadAck>(bob, alice.user_id());
template <class Request>
Request about(const WireClient& client, uint32_t peer) {
  Request request;
  request.set_user_id(client.user_id());
  request.set_session_type(IM::BaseDefine::SESSION_TYPE_SINGLE);
  request.set_session_id(peer);
  return request;
}

/// A text as a client ought to send it.
inline IM::Message::IMMsgData text_to(const WireClient& client, uint32_t peer, std::string_view text) {
  IM::Message::IMMsgData message;
  message.set_from_user_id(client.user_id());
  message.set_to_session_id(peer);
  message.set_msg_id(0);
  message.set_create_time(0);
  message.set_msg_type(IM::BaseDefine::MSG_TYPE_SINGLE_TEXT);
  message.set_msg_data(std::string(text));
  return message;
}

/// On a PC this makes the session interested in the user, as it does for every client.
inline IM::BaseDefine::UserStatType status_of(WireClient& client, uint32_t user) {
  IM::Buddy::IMUsersStatReq request;
  request.set_user_id(client.user_id());
  request.add_user_id_list(user);
  return client.ask<IM::Buddy::IMUsersStatRsp>(request).user_stat_list(0).status();
}

/// Returns when the client's server knows that the user is online: news of a login takes a moment to travel.
inline void await_online(WireClient& client, uint32_t user) {
  wait_until("user " + std::to_string(user) + " is online",
             [&] { return status_of(client, user) == IM::BaseDefine::USER_STATUS_ONLINE; });
}

inline IM::Message::IMUnreadMsgCntRsp unread_of(WireClient& client) {
  IM::Message::IMUnreadMsgCntReq request;
  request.set_user_id(client.user_id());
  return client.ask<IM::Message::IMUnreadMsgCntRsp>(request);
}

inline IM::Message::IMGetMsgListRsp page_of(WireClient& client, uint32_t peer, uint32_t begin, uint32_t count) {
  auto request = about<IM::Message::IMGetMsgListReq>(client, peer);
  request.set_msg_id_begin(begin);
  request.set_msg_cnt(count);
  return client.ask<IM::Message::IMGetMsgListRsp>(request);
}

inline uint32_t latest_id_of(WireClient& client, uint32_t peer) {
  return client.ask<IM::Message::IMGetLatestMsgIdRsp>(about<IM::Message::IMGetLatestMsgIdReq>(client, peer))
      .latest_msg_id();
}

/// The msg_ids of an answer, in its order.
template <class Answer>
std::vector<uint32_t> ids_of(const Answer& answer) {
  std::vector<uint32_t> ids;
  for (const IM::BaseDefine::MsgInfo& message : answer.msg_list()) ids.push_back(message.msg_id());
  return ids;
}

inline IM::Buddy::IMRecentContactSessionRsp recent_of(WireClient& client, uint32_t since = 0) {
  IM::Buddy::IMRecentContactSessionReq request;
  request.set_user_id(client.user_id());
  request.set_latest_update_time(since);
  return client.ask<IM::Buddy::IMRecentContactSessionRsp>(request);
}

/// The peers of the client's recent conversations, in the answer's order.
inline std::vector<uint32_t> recent_peers_of(WireClient& client, uint32_t since = 0) {
  std::vector<uint32_t> peers;
  const auto recent = recent_of(client, since);
  for (const auto& session : recent.contact_session_list()) peers.push_back(session.session_id());
  return peers;
}

}  // namespace talkbeat::scenario
