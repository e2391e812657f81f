#pragma once

#include "tools/talkchat/chat_session.h"

namespace talkbeat {

/// `talkchat send`: one message, and the end once it is durably stored.
class SendCommand final : public ChatSession {
 public:
  explicit SendCommand(const ChatArguments& arguments);

 private:
  void on_state(ClientState state, const std::string& why) override;
  void on_sent(uint64_t local_id, uint32_t msg_id) override;
  void on_send_failed(uint64_t local_id, ErrorCode code, const std::string& text) override;
  void send_to(IM::BaseDefine::SessionType type, const Result<uint32_t>& id);

  const ChatArguments& arguments_;
  Timer deadline_;
  std::string last_problem_ = "no answer";
  bool sent_ = false;
};

}  // namespace talkbeat
