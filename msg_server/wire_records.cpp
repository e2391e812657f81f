#include "msg_server/wire_records.h"

#include <algorithm>

#include "base/check.h"
#include "base/pdu.h"
#include "proto/command_of.h"

namespace talkbeat {

using IM::BaseDefine::MsgType;

namespace {

MsgType msg_type(uint8_t type) {
  return static_cast<MsgType>(type);
}

uint32_t seconds(int64_t unix_seconds) {
  return static_cast<uint32_t>(unix_seconds);
}

// `status` of UserInfo: what the account is, not whether it is online.
constexpr uint32_t kActive = 0;
constexpr uint32_t kDisabled = 3;

// More than the keys, lengths and numbers of one record take.
constexpr size_t kFixedBytes = 80;

}  // namespace

std::optional<ConversationRef> conversation_ref(int session_type, uint32_t session_id) {
  switch (session_type) {
    case IM::BaseDefine::SESSION_TYPE_SINGLE:
      return ConversationRef{ConversationKind::kSingle, session_id};
    case IM::BaseDefine::SESSION_TYPE_GROUP:
      return ConversationRef{ConversationKind::kGroup, session_id};
    default:
      return std::nullopt;
  }
}

ConversationKind kind_of(MsgType type) {
  switch (type) {
    case IM::BaseDefine::MSG_TYPE_SINGLE_TEXT:
    case IM::BaseDefine::MSG_TYPE_SINGLE_AUDIO:
      return ConversationKind::kSingle;
    case IM::BaseDefine::MSG_TYPE_GROUP_TEXT:
    case IM::BaseDefine::MSG_TYPE_GROUP_AUDIO:
      return ConversationKind::kGroup;
  }
  CHECK(false);  // no other value is parsed
}

IM::BaseDefine::SessionType session_type(ConversationKind kind) {
  return static_cast<IM::BaseDefine::SessionType>(kind);
}

void fill(IM::BaseDefine::UserInfo& info, const Profile& profile) {
  info.set_user_id(profile.id);
  info.set_user_gender(profile.gender);
  info.set_user_nick_name(profile.nick);
  info.set_avatar_url(profile.avatar_url);
  info.set_department_id(profile.department_id);
  info.set_email(profile.email);
  info.set_user_real_name(profile.real_name);
  info.set_user_tel(profile.phone);
  info.set_user_domain(profile.name);
  info.set_status(profile.disabled ? kDisabled : kActive);
  info.set_sign_info(profile.sign_info);
}

void fill(IM::BaseDefine::DepartInfo& info, const Department& department) {
  info.set_dept_id(department.id);
  info.set_priority(department.priority);
  info.set_dept_name(department.name);
  info.set_parent_dept_id(department.parent_id);
  info.set_dept_status(department.deleted ? IM::BaseDefine::DEPT_STATUS_DELETE : IM::BaseDefine::DEPT_STATUS_OK);
}

size_t wire_bytes(const Profile& profile) {
  return kFixedBytes + profile.name.size() + profile.nick.size() + profile.real_name.size() +
         profile.avatar_url.size() + profile.email.size() + profile.phone.size() + profile.sign_info.size();
}

size_t wire_bytes(const Department& department) {
  return kFixedBytes + department.name.size();
}

void fill(IM::BaseDefine::MsgInfo& info, const Message& message) {
  info.set_msg_id(message.msg_id);
  info.set_from_session_id(message.from);
  info.set_create_time(seconds(message.created_at));
  info.set_msg_type(msg_type(message.type));
  info.set_msg_data(message.body);
}

void fill(IM::BaseDefine::ContactSessionInfo& info, const Conversation& conversation) {
  info.set_session_id(conversation.ref.peer);
  info.set_session_type(session_type(conversation.ref.kind));
  info.set_session_status(IM::BaseDefine::SESSION_STATUS_OK);
  info.set_updated_time(seconds(conversation.updated_at));
  info.set_latest_msg_id(conversation.latest.msg_id);
  info.set_latest_msg_data(conversation.latest.body);
  info.set_latest_msg_type(msg_type(conversation.latest.type));
  info.set_latest_msg_from_user_id(conversation.latest.from);
}

void fill(IM::BaseDefine::UnreadInfo& info, const Unread& unread) {
  info.set_session_id(unread.ref.peer);
  info.set_session_type(session_type(unread.ref.kind));
  info.set_unread_cnt(unread.count);
  info.set_latest_msg_id(unread.latest.msg_id);
  info.set_latest_msg_data(unread.latest.body);
  info.set_latest_msg_type(msg_type(unread.latest.type));
  info.set_latest_msg_from_user_id(unread.latest.from);
}

void fill(IM::BaseDefine::GroupInfo& info, const GroupState& state, UserId member) {
  const Group& group = state.group;
  info.set_group_id(group.id);
  info.set_version(group.version);
  info.set_group_name(group.name);
  info.set_group_avatar(group.avatar_url);
  info.set_group_creator_id(group.creator);
  info.set_group_type(static_cast<IM::BaseDefine::GroupType>(group.kind));
  const auto self = std::ranges::find(state.members, member, &GroupMember::user);
  info.set_shield_status(self != state.members.end() && self->shielded ? 1 : 0);
  for (const GroupMember& each : state.members) info.add_group_member_list(each.user);
}

IM::Message::IMMsgData wire_message(const NewMessage& message, const Appended& stored) {
  IM::Message::IMMsgData data;
  data.set_from_user_id(message.from);
  data.set_to_session_id(message.to.peer);
  data.set_msg_id(stored.msg_id);
  data.set_create_time(seconds(stored.created_at));
  data.set_msg_type(msg_type(message.type));
  data.set_msg_data(message.body);
  if (message.client_key) data.set_client_msg_key(*message.client_key);
  return data;
}

IM::Message::IMMsgData wire_message(const SequencedMessage& message) {
  const NewMessage sent{message.message.from, {message.kind, message.to}, message.message.type,
                        message.message.body, message.message.created_at, message.client_key};
  return wire_message(sent, {message.message.msg_id, message.message.created_at, message.sequence, false, 0});
}

std::optional<IM::Message::IMMsgData> message_in(std::span<const std::byte> pdu) {
  if (pdu.size() < kPduHeaderSize) return std::nullopt;
  if (decode_header(pdu).command_id != kCommandOf<IM::Message::IMMsgData>) return std::nullopt;
  const auto body = pdu.subspan(kPduHeaderSize);
  IM::Message::IMMsgData message;
  if (!message.ParsePartialFromArray(body.data(), static_cast<int>(body.size())) || !message.IsInitialized()) {
    return std::nullopt;
  }
  return message;
}

}  // namespace talkbeat
