#pragma once

#include "msg_server/store/records.h"
#include "proto/base_define.pb.h"
#include "proto/message.pb.h"

namespace talkbeat {

// The store's records as they stand in PDUs. Pure.

/// Nothing where the type is unknown.
std::optional<ConversationRef> conversation_ref(int session_type, uint32_t session_id);
IM::BaseDefine::SessionType session_type(ConversationKind kind);

void fill(IM::BaseDefine::UserInfo& info, const Profile& profile);
void fill(IM::BaseDefine::MsgInfo& info, const Message& message);
void fill(IM::BaseDefine::ContactSessionInfo& info, const Conversation& conversation);
void fill(IM::BaseDefine::UnreadInfo& info, const Unread& unread);

/// A stored message as it is delivered.
IM::Message::IMMsgData wire_message(const NewMessage& message, const Appended& stored);
IM::Message::IMMsgData wire_message(const SequencedMessage& message);

}  // namespace talkbeat
