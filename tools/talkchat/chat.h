#pragma once

#include <deque>
#include <set>

#include "base/signals.h"
#include "tools/client/style.h"
#include "tools/talkchat/chat_session.h"
#include "tools/talkchat/file_desk.h"
#include "tools/talkchat/line_input.h"

namespace talkbeat {

/// `talkchat` without a subcommand: a conversation in a terminal, or lines from a pipe.
class Chat final : public ChatSession, private FileDesk::Screen {
 public:
  explicit Chat(const ChatArguments& arguments);

 private:
  struct Command {
    const char* name;
    const char* arguments;
    const char* purpose;
    void (Chat::*run)(const std::string& argument);
  };
  static const std::array<Command, 24> kCommands;

  void on_state(ClientState state, const std::string& why) override;
  void on_moved(const Address& server, const std::string& why) override;
  void on_message(const ReceivedMessage& message) override;
  void on_sent(uint64_t local_id, uint32_t msg_id) override;
  void on_send_failed(uint64_t local_id, ErrorCode code, const std::string& text) override;
  void on_unread(std::span<const UnreadCount> unread) override;
  void on_avatar_changed(uint32_t user, const std::string& url) override;
  void on_sign_info_changed(uint32_t user, const std::string& text) override;
  void on_group_changed(const GroupChange& change) override {
    announce(change, [] {});
  }
  void on_file_offer(const FileOffer& offer) override { desk_.take(offer); }

  void print(const std::string& text) override { input_.print(text); }
  void complain(const std::string& text) override { print(style_.problem(text)); }
  bool show_progress(const std::string& text) override;
  void on_files_changed() override { end_if_finished(); }

  void said_online();
  void show_waiting();
  bool knows_names_of(const ReceivedMessage& message);
  void show(const ReceivedMessage& message);
  std::string line_of(const ReceivedMessage& message) const;
  // Lines are taken one after the other: one that has to ask the server first holds the rest back.
  void on_line(std::string line);
  void take_lines();
  void take(const std::string& line);
  void done();
  void end_if_finished();
  void say(const std::string& text);
  void run_command(const std::string& line);
  std::vector<std::string> complete(const std::string& line, bool& files) const;
  void help(const std::string& argument);
  void info(const std::string& argument);
  void who(const std::string& argument);
  void show_who(const IM::Buddy::IMUsersStatRsp& answer, size_t left_out);
  void to(const std::string& argument);
  void write_to(const ConversationId& whom);
  void history(const std::string& argument);
  void show_history(const IM::Message::IMGetMsgListRsp& answer);
  void quit(const std::string& argument);

  // chat_groups.cpp
  void make_group(const std::string& argument);
  void list_groups(const std::string& argument);
  void invite(const std::string& argument) { change_members(argument, true); }
  void remove(const std::string& argument) { change_members(argument, false); }
  void leave(const std::string& argument);
  void members(const std::string& argument);
  void mute(const std::string& argument);
  void change_members(const std::string& argument, bool add);
  void ask_change(uint32_t group, bool add, const std::vector<uint32_t>& users);
  void with_group(const std::string& name, std::function<void(uint32_t group)> then);
  void with_users(std::vector<std::string> names, std::function<void(std::vector<uint32_t> users)> then,
                  std::vector<uint32_t> found = {});
  void show_members(uint32_t group);
  std::string names_of(std::span<const uint32_t> users) const;
  void announce(const GroupChange& change, std::function<void()> then);
  std::string words_of(const GroupChange& change, const std::string& group) const;
  bool done_unless(bool ok, const std::string& complaint);

  // chat_people.cpp
  void status(const std::string& argument);
  void show_status(uint32_t user, const IM::Buddy::IMUsersStatRsp& answer);
  void users(const std::string& argument);
  void departments(const std::string& argument);
  void sign(const std::string& argument);
  void avatar(const std::string& argument);

  // chat_files.cpp
  void send_file(const std::string& argument);
  void list_files(const std::string& argument);
  void accept_file(const std::string& argument) { desk_.accept(argument); }
  void refuse_file(const std::string& argument) { desk_.refuse(argument); }
  void cancel_file(const std::string& argument) { desk_.cancel(argument); }
  void save_files(const std::string& argument) { desk_.save_in(argument); }

  void print_info(const std::string& rtt);
  std::string prompt() const;

  const ChatArguments& arguments_;
  Style style_;
  LineInput input_;
  FileDesk desk_;
  Signals signals_;
  std::deque<std::string> lines_;
  bool busy_ = false;  // a line waits for the server
  bool input_ended_ = false;
  bool was_online_ = false;
  bool said_offline_ = false;
  bool said_distrust_ = false;
  Address server_;                       // where we were last
  ConversationId to_;                    // where we write; id 0: nowhere yet
  std::string progress_;                 // of a file, in front of the prompt
  std::deque<ReceivedMessage> waiting_;  // for the sender's or the group's name
};

}  // namespace talkbeat
