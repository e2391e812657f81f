#include "tools/talkchat/recv_command.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "tools/client/terminal_text.h"

namespace talkbeat {

RecvCommand::RecvCommand(const ChatArguments& arguments)
    : ChatSession(arguments), arguments_(arguments), deadline_(loop_.timers(), [this] {
        std::string why =
            std::to_string(printed_) + " of " + std::to_string(arguments_.count) + " messages came in time";
        if (client_.state() != ClientState::kOnline && !last_problem_.empty()) why += ": " + last_problem_;
        fail(why);
      }) {
  deadline_.start_once(arguments.timeout_ms);
}

void RecvCommand::on_state(ClientState state, const std::string& why) {
  if (state == ClientState::kWaiting) last_problem_ = why;
  if (state == ClientState::kClosed) fail(reason_for_closing(why));
  if (state == ClientState::kOnline) print_known();
}

void RecvCommand::on_message(const ReceivedMessage& message) {
  if (message.mine) return;
  waiting_.push_back(message);
  if (waiting_.size() == 1) print_known();
}

void RecvCommand::print_known() {
  while (!waiting_.empty() && printed_ < arguments_.count && knows_names_of(waiting_.front())) {
    print(waiting_.front());
    waiting_.pop_front();
  }
}

// False: they are being fetched, and then print_known() goes on.
bool RecvCommand::knows_names_of(const ReceivedMessage& message) {
  if (client_.state() != ClientState::kOnline) return true;
  const uint32_t group = message.conversation.id;
  if (message.conversation.type == IM::BaseDefine::SESSION_TYPE_GROUP && !groups_.knows(group)) {
    groups_.learn(group, [this, group] {
      if (groups_.knows(group)) print_known();
    });
    return false;
  }
  if (book_.knows(message.from)) return true;
  book_.learn({message.from}, [this, from = message.from] {
    if (book_.knows(from)) print_known();
  });
  return false;
}

void RecvCommand::print(const ReceivedMessage& message) {
  const std::string name = book_.name_of(message.from);
  const bool in_group = message.conversation.type == IM::BaseDefine::SESSION_TYPE_GROUP;
  const std::string group = in_group ? groups_.name_of(message.conversation.id) : "";
  if (arguments_.json) {
    nlohmann::ordered_json line{{"from", name},
                                {"from_id", message.from},
                                {"msg_id", message.msg_id},
                                {"time", message.created_at},
                                {"text", message.body}};
    if (in_group) {
      line["group"] = group.substr(1);
      line["group_id"] = message.conversation.id;
    }
    std::cout << json_text(line) << "\n";
  } else {
    std::cout << (in_group ? group + " " : "") << name << ": " << text_of(message) << "\n";
  }
  if (!std::cout.flush()) {
    end(1);
    return;
  }
  client_.mark_read(message.conversation, message.msg_id);
  if (++printed_ == arguments_.count) end(0);
}

}  // namespace talkbeat
