#include "tools/talkchat/recv_command.h"

#include <iostream>
#include <nlohmann/json.hpp>

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
  while (!waiting_.empty() && printed_ < arguments_.count) {
    const uint32_t from = waiting_.front().from;
    if (!book_.knows(from) && client_.state() == ClientState::kOnline) {
      book_.learn({from}, [this, from] {
        if (book_.knows(from)) print_known();
      });
      return;
    }
    print(waiting_.front());
    waiting_.pop_front();
  }
}

void RecvCommand::print(const ReceivedMessage& message) {
  const std::string name = book_.name_of(message.from);
  if (arguments_.json) {
    const nlohmann::ordered_json line{{"from", name},
                                      {"from_id", message.from},
                                      {"msg_id", message.msg_id},
                                      {"time", message.created_at},
                                      {"text", message.body}};
    std::cout << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
  } else {
    std::cout << name << ": " << printable(message.body) << "\n";
  }
  if (!std::cout.flush()) {
    end(1);
    return;
  }
  client_.mark_read(message.conversation, message.msg_id);
  if (++printed_ == arguments_.count) end(0);
}

}  // namespace talkbeat
