#pragma once

#include <deque>
#include <set>

#include "base/signals.h"
#include "tools/talkchat/chat_session.h"
#include "tools/talkchat/line_input.h"
#include "tools/talkchat/style.h"

namespace talkbeat {

/// `talkchat` without a subcommand: a conversation in a terminal, or lines from a pipe.
class Chat final : public ChatSession {
 public:
  explicit Chat(const ChatArguments& arguments);

 private:
  struct Command {
    const char* name;
    const char* arguments;
    const char* purpose;
    void (Chat::*run)(const std::string& argument);
  };
  static const std::array<Command, 6> kCommands;

  void on_state(ClientState state, const std::string& why) override;
  void on_moved(const Address& server, const std::string& why) override;
  void on_message(const ReceivedMessage& message) override;
  void on_sent(uint64_t local_id, uint32_t msg_id) override;
  void on_send_failed(uint64_t local_id, ErrorCode code, const std::string& text) override;
  void on_unread(std::span<const UnreadCount> unread) override;

  void said_online();
  void show_waiting();
  void show(const ReceivedMessage& message);
  std::string line_of(const ReceivedMessage& message) const;
  void print(const std::string& text) { input_.print(text); }
  void complain(const std::string& text) { print(style_.problem(text)); }

  // Lines are taken one after the other: one that has to ask the server first holds the rest back.
  void on_line(std::string line);
  void take_lines();
  void take(const std::string& line);
  void done();
  void end_if_finished();
  void say(const std::string& text);
  void run_command(const std::string& line);
  void help(const std::string& argument);
  void info(const std::string& argument);
  void who(const std::string& argument);
  void show_who(const IM::Buddy::IMUsersStatRsp& answer, size_t left_out);
  void to(const std::string& argument);
  void history(const std::string& argument);
  void show_history(const IM::Message::IMGetMsgListRsp& answer);
  void quit(const std::string& argument);
  void print_info(const std::string& rtt);
  std::string prompt() const;

  const ChatArguments& arguments_;
  Style style_;
  LineInput input_;
  Signals signals_;
  std::deque<std::string> lines_;
  bool busy_ = false;  // a line waits for the server
  bool input_ended_ = false;
  bool was_online_ = false;
  bool said_offline_ = false;
  Address server_;                       // where we were last
  uint32_t peer_ = 0;                    // whom we write to; 0: nobody yet
  std::deque<ReceivedMessage> waiting_;  // for the sender's name
};

}  // namespace talkbeat
