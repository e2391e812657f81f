#pragma once

#include "tools/talkchat/chat_session.h"

namespace talkbeat {

/// `talkchat groups`: the groups that the user is in, a line each.
class GroupsCommand final : public ChatSession {
 public:
  explicit GroupsCommand(const ChatArguments& arguments);

 private:
  void on_state(ClientState state, const std::string& why) override;
  void print();

  const ChatArguments& arguments_;
  Timer deadline_;
  std::string last_problem_ = "no answer";
};

}  // namespace talkbeat
