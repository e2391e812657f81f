#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "msg_server/store/records.h"
#include "proto/base_define.pb.h"
#include "proto/group.pb.h"
#include "proto/message.pb.h"

namespace talkbeat {

// The store's records as they stand in PDUs. Pure.

/// Nothing where the type is unknown.
std::optional<ConversationRef> conversation_ref(int session_type, uint32_t session_id);
/// Whether messages of this type go to a group.
ConversationKind kind_of(IM::BaseDefine::MsgType type);
IM::BaseDefine::SessionType session_type(ConversationKind kind);

void fill(IM::BaseDefine::UserInfo& info, const Profile& profile);
void fill(IM::BaseDefine::DepartInfo& info, const Department& department);
void fill(IM::BaseDefine::MsgInfo& info, const Message& message);
void fill(IM::BaseDefine::ContactSessionInfo& info, const Conversation& conversation);
void fill(IM::BaseDefine::UnreadInfo& info, const Unread& unread);

/// As this member sees it.
void fill(IM::BaseDefine::GroupInfo& info, const GroupState& state, UserId member);

/// About how many bytes it takes in a PDU, and never less.
size_t wire_bytes(const Profile& profile);
size_t wire_bytes(const Department& department);

/// A stored message as it is delivered.
IM::Message::IMMsgData wire_message(const NewMessage& message, const Appended& stored);
IM::Message::IMMsgData wire_message(const SequencedMessage& message);
/// The message in a whole PDU; nothing where it is something else.
std::optional<IM::Message::IMMsgData> message_in(std::span<const std::byte> pdu);

}  // namespace talkbeat
