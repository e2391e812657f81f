#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "proto/group.pb.h"
#include "tests/scenario/requests.h"

namespace talkbeat::scenario {

// What scenarios about groups ask of a msg_server, with the required fields filled in.

using IM::BaseDefine::GROUP_MODIFY_TYPE_ADD;
using IM::BaseDefine::GROUP_MODIFY_TYPE_DEL;
using IM::Group::IMGroupChangeMemberNotify;
using Ids = std::vector<uint32_t>;

template <class List>
Ids ids_in(const List& list) {
  return {list.begin(), list.end()};
}

inline IM::Group::IMGroupCreateReq new_group(const WireClient& client, const std::string& name, const Ids& members) {
  IM::Group::IMGroupCreateReq request;
  request.set_user_id(client.user_id());
  request.set_group_type(IM::BaseDefine::GROUP_TYPE_TMP);
  request.set_group_name(name);
  request.set_group_avatar("");
  for (const uint32_t user : members) request.add_member_id_list(user);
  return request;
}

/// Makes a group, which must succeed, and gives its id.
inline uint32_t create_group(WireClient& client, const Ids& members, const std::string& name = "group") {
  const auto created = client.ask<IM::Group::IMGroupCreateRsp>(new_group(client, name, members));
  if (created.result_code() != 0) throw Unexpected("no group: result " + std::to_string(created.result_code()));
  return created.group_id();
}

inline IM::Group::IMGroupChangeMemberReq change_of(const WireClient& client, IM::BaseDefine::GroupModifyType type,
                                                   uint32_t group, const Ids& users) {
  IM::Group::IMGroupChangeMemberReq request;
  request.set_user_id(client.user_id());
  request.set_change_type(type);
  request.set_group_id(group);
  for (const uint32_t user : users) request.add_member_id_list(user);
  return request;
}

inline IM::Group::IMGroupChangeMemberRsp add_members(WireClient& client, uint32_t group, const Ids& users) {
  return client.ask<IM::Group::IMGroupChangeMemberRsp>(change_of(client, GROUP_MODIFY_TYPE_ADD, group, users));
}

inline IM::Group::IMGroupChangeMemberRsp remove_members(WireClient& client, uint32_t group, const Ids& users) {
  return client.ask<IM::Group::IMGroupChangeMemberRsp>(change_of(client, GROUP_MODIFY_TYPE_DEL, group, users));
}

inline uint32_t shield(WireClient& client, uint32_t group, uint32_t shielded) {
  IM::Group::IMGroupShieldReq request;
  request.set_user_id(client.user_id());
  request.set_group_id(group);
  request.set_shield_status(shielded);
  return client.ask<IM::Group::IMGroupShieldRsp>(request).result_code();
}

/// The client's groups with their versions.
inline std::map<uint32_t, uint32_t> groups_of(WireClient& client, bool temporary_too = true) {
  IM::Group::IMNormalGroupListReq request;
  request.set_user_id(client.user_id());
  if (temporary_too) request.set_temporary_too(true);
  const auto response = client.ask<IM::Group::IMNormalGroupListRsp>(request);
  std::map<uint32_t, uint32_t> groups;
  for (const auto& entry : response.group_version_list()) groups[entry.group_id()] = entry.version();
  return groups;
}

/// What has changed of these groups since these versions.
inline IM::Group::IMGroupInfoListRsp infos_of(WireClient& client, const std::map<uint32_t, uint32_t>& held) {
  IM::Group::IMGroupInfoListReq request;
  request.set_user_id(client.user_id());
  for (const auto& [group, version] : held) {
    auto& entry = *request.add_group_version_list();
    entry.set_group_id(group);
    entry.set_version(version);
  }
  return client.ask<IM::Group::IMGroupInfoListRsp>(request);
}

/// One group of the client's, as it is now.
inline IM::BaseDefine::GroupInfo info_of(WireClient& client, uint32_t group) {
  const auto infos = infos_of(client, {{group, 0}});
  if (infos.group_info_list_size() != 1) throw Unexpected("no info of group " + std::to_string(group));
  return infos.group_info_list(0);
}

/// A request or ack about the client's conversation in a group.
template <class Request>
Request about_group(const WireClient& client, uint32_t group) {
  Request request = about<Request>(client, group);
  request.set_session_type(IM::BaseDefine::SESSION_TYPE_GROUP);
  return request;
}

inline IM::Message::IMMsgData text_to_group(const WireClient& client, uint32_t group, std::string_view text,
                                            uint64_t key = 0) {
  IM::Message::IMMsgData message = text_to(client, group, text);
  message.set_msg_type(IM::BaseDefine::MSG_TYPE_GROUP_TEXT);
  if (key != 0) message.set_client_msg_key(key);
  return message;
}

/// Sends a text and gives the msg_id of its ack.
inline uint32_t tell_group(WireClient& client, uint32_t group, std::string_view text) {
  return client.ask<IM::Message::IMMsgDataAck>(text_to_group(client, group, text)).msg_id();
}

inline IM::Message::IMGetMsgListReq page_request(const WireClient& client, uint32_t group, uint32_t begin,
                                                 uint32_t count) {
  auto request = about_group<IM::Message::IMGetMsgListReq>(client, group);
  request.set_msg_id_begin(begin);
  request.set_msg_cnt(count);
  return request;
}

/// A group's messages that the client may see, newest first.
inline IM::Message::IMGetMsgListRsp group_page(WireClient& client, uint32_t group, uint32_t begin = 0,
                                               uint32_t count = 500) {
  return client.ask<IM::Message::IMGetMsgListRsp>(page_request(client, group, begin, count));
}

inline uint32_t group_unread(WireClient& client, uint32_t group) {
  const auto unread = unread_of(client);
  for (const auto& entry : unread.unreadinfo_list()) {
    const bool found = entry.session_type() == IM::BaseDefine::SESSION_TYPE_GROUP && entry.session_id() == group;
    if (found) return entry.unread_cnt();
  }
  return 0;
}

/// The next so many texts that reach the client.
inline std::vector<std::string> next_texts(WireClient& client, size_t count) {
  std::vector<std::string> texts;
  while (texts.size() < count) texts.push_back(client.expect<IM::Message::IMMsgData>().msg_data());
  return texts;
}

}  // namespace talkbeat::scenario
