#pragma once

#include <deque>

#include "tools/talkchat/chat_session.h"

namespace talkbeat {

/// `talkchat recv`: prints messages, the unread ones first, until it has enough of them. What is printed is marked as
/// read, so that the next call goes on behind it.
class RecvCommand final : public ChatSession {
 public:
  explicit RecvCommand(const ChatArguments& arguments);

 private:
  void on_state(ClientState state, const std::string& why) override;
  void on_message(const ReceivedMessage& message) override;
  void print_known();
  bool knows_names_of(const ReceivedMessage& message);
  void print(const ReceivedMessage& message);

  const ChatArguments& arguments_;
  Timer deadline_;
  std::deque<ReceivedMessage> waiting_;  // for the sender's or the group's name
  size_t printed_ = 0;
  std::string last_problem_;
};

}  // namespace talkbeat
