#include "tools/talkchat/send_command.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "base/json_text.h"

namespace talkbeat {

SendCommand::SendCommand(const ChatArguments& arguments)
    : ChatSession(arguments),
      arguments_(arguments),
      deadline_(loop_.timers(), [this] { fail("the message was not acked in time: " + last_problem_); }) {
  deadline_.start_once(arguments.timeout_ms);
}

// A connection that is lost while the name is looked up costs another look-up; the message itself survives by itself.
void SendCommand::on_state(ClientState state, const std::string& why) {
  if (state == ClientState::kWaiting) last_problem_ = why;
  if (state == ClientState::kClosed) fail(reason_for_closing(why));
  if (state != ClientState::kOnline || sent_) return;
  const bool to_group = !arguments_.group.empty();
  const auto found = [this, to_group](const Result<uint32_t>& id) {
    send_to(to_group ? IM::BaseDefine::SESSION_TYPE_GROUP : IM::BaseDefine::SESSION_TYPE_SINGLE, id);
  };
  if (to_group) {
    groups_.find(arguments_.group, found);
  } else {
    book_.find(arguments_.to, found);
  }
}

void SendCommand::send_to(IM::BaseDefine::SessionType type, const Result<uint32_t>& id) {
  if (sent_ || client_.state() != ClientState::kOnline) return;
  if (!id.ok()) {
    fail(id.message());
    return;
  }
  sent_ = true;
  client_.send_text(ConversationId{type, id.value()}, arguments_.text);
}

void SendCommand::on_sent(uint64_t /*local_id*/, uint32_t msg_id) {
  if (arguments_.json) {
    const bool to_group = !arguments_.group.empty();
    const nlohmann::ordered_json line{{to_group ? "group" : "to", to_group ? arguments_.group : arguments_.to},
                                      {"msg_id", msg_id}};
    std::cout << json_text(line) << "\n";
  } else {
    std::cout << msg_id << "\n";
  }
  end(std::cout.flush() ? 0 : 1);
}

void SendCommand::on_send_failed(uint64_t /*local_id*/, ErrorCode /*code*/, const std::string& text) {
  fail("the server refused the message: " + text);
}

}  // namespace talkbeat
