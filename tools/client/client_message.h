#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "proto/base_define.pb.h"

namespace talkbeat {

/// A conversation as this user names it: by the peer's user id, or the group's id.
struct ConversationId {
  IM::BaseDefine::SessionType type = IM::BaseDefine::SESSION_TYPE_SINGLE;
  uint32_t id = 0;

  auto operator<=>(const ConversationId&) const =
      default;  // NOLINT: its 0 is the compiler's, clang-tidy 14 says nullptr
};

/// A message that came from the server.
struct ReceivedMessage {
  ConversationId conversation;
  uint32_t msg_id = 0;  ///< 1, 2, 3, … within the conversation
  uint32_t from = 0;
  uint32_t created_at = 0;  ///< Unix seconds, the server's clock
  IM::BaseDefine::MsgType type = IM::BaseDefine::MSG_TYPE_SINGLE_TEXT;
  std::string body;   ///< opaque bytes: escape them before they reach a terminal
  bool mine = false;  ///< sent by another session of this user
};

}  // namespace talkbeat
