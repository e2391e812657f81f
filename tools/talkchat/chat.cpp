#include "tools/talkchat/chat.h"

#include <csignal>

#include "tools/client/terminal_text.h"

namespace talkbeat {

Chat::Chat(const ChatArguments& arguments)
    : ChatSession(arguments),
      arguments_(arguments),
      style_(Style::for_terminal()),
      input_(
          loop_, [this](std::string line) { on_line(std::move(line)); },
          [this] {
            input_ended_ = true;
            if (input_.interactive()) quit("");
            end_if_finished();
          }),
      desk_(client_, parts_, book_, *this),
      signals_(loop_, {SIGINT, SIGTERM, SIGHUP, SIGWINCH}, [this](int number) {
        if (number == SIGWINCH) {
          input_.resized();
        } else if (number == SIGINT) {
          input_.interrupt();
        }
        if (number != SIGWINCH) {
          desk_.close();
          end(0);
        }
      }) {
  input_.set_completer([this](const std::string& line, bool& files) { return complete(line, files); });
}

void Chat::on_state(ClientState state, const std::string& why) {
  switch (state) {
    case ClientState::kOnline:
      said_online();
      return;
    case ClientState::kClosed:
      input_.stop();
      fail(reason_for_closing(why));
      return;
    case ClientState::kWaiting:
      // A certificate that is not to be trusted is told though it was told before that nothing works.
      if (!said_offline_ || (client_.info().distrusts && !said_distrust_))
        complain((was_online_ ? "connection lost (" : "not connected (") + printable(why) +
                 "); trying again until it works");
      said_offline_ = true;
      if (client_.info().distrusts) said_distrust_ = true;
      return;
    case ClientState::kDisconnected:
    case ClientState::kResolving:
    case ClientState::kConnecting:
    case ClientState::kLoggingIn:
      return;
  }
}

void Chat::said_online() {
  server_ = client_.info().server;
  const std::string server = server_.to_string();
  if (was_online_) {
    print(style_.faint("connected again, to " + server));
  } else {
    print(style_.faint("connected to " + server + " as " + printable(arguments_.client.user) +
                       "; :help lists what you can do"));
    input_.start(prompt());
  }
  was_online_ = true;
  said_offline_ = false;
  said_distrust_ = false;
  if (!arguments_.to.empty() && to_.id == 0) to(arguments_.to);
  // A server without files, or an answer that was lost: :files asks again.
  desk_.fetch_waiting([](const Status&) {});
  show_waiting();
  take_lines();
}

// A new connection to the same server is nothing that one has to know.
void Chat::on_moved(const Address& server, const std::string& why) {
  if (server != server_) print(style_.faint("moved to " + server.to_string() + " (" + printable(why) + ")"));
  server_ = server;
}

void Chat::on_unread(std::span<const UnreadCount> unread) {
  if (client_.info().reconnects > 0 || client_.info().moves > 0) return;
  size_t total = 0;
  for (const UnreadCount& entry : unread) total += entry.count;
  if (total == 0) return;
  print(style_.faint(std::to_string(total) + (total == 1 ? " unread message" : " unread messages") + ":"));
}

void Chat::on_message(const ReceivedMessage& message) {
  waiting_.push_back(message);
  if (waiting_.size() == 1) show_waiting();
}

// In order: a message for which a name has to be fetched first holds the later ones back.
void Chat::show_waiting() {
  while (!waiting_.empty() && knows_names_of(waiting_.front())) {
    show(waiting_.front());
    waiting_.pop_front();
  }
}

// False: they are being fetched, and then show_waiting() goes on.
bool Chat::knows_names_of(const ReceivedMessage& message) {
  if (client_.state() != ClientState::kOnline) return true;
  const bool in_group = message.conversation.type == IM::BaseDefine::SESSION_TYPE_GROUP;
  const uint32_t group = message.conversation.id;
  if (in_group && !groups_.knows(group)) {
    groups_.learn(group, [this, group] {
      if (groups_.knows(group)) show_waiting();
    });
    return false;
  }
  const uint32_t user = message.mine && !in_group ? message.conversation.id : message.from;
  if (book_.knows(user)) return true;
  book_.learn({user}, [this, user] {
    if (book_.knows(user)) show_waiting();
  });
  return false;
}

void Chat::show(const ReceivedMessage& message) {
  print(line_of(message));
  if (!message.mine) client_.mark_read(message.conversation, message.msg_id);
}

std::string Chat::line_of(const ReceivedMessage& message) const {
  const std::string when = style_.faint(clock_text(message.created_at, clock_.unix_seconds())) + " ";
  const std::string text = text_of(message);
  const uint32_t id = message.conversation.id;
  if (message.conversation.type == IM::BaseDefine::SESSION_TYPE_GROUP) {
    const std::string group = groups_.name_of(id);
    if (message.mine) return when + style_.own("you to " + group) + ": " + text;
    return when + style_.faint(group) + " " + style_.name(book_.name_of(message.from)) + ": " + text;
  }
  if (message.mine) return when + style_.own("you to " + book_.name_of(id)) + ": " + text;
  return when + style_.name(book_.name_of(message.from)) + ": " + text;
}

void Chat::on_sent(uint64_t /*local_id*/, uint32_t /*msg_id*/) {
  end_if_finished();
}

void Chat::on_send_failed(uint64_t /*local_id*/, ErrorCode /*code*/, const std::string& text) {
  complain("not sent: " + printable(text));
  end_if_finished();
}

void Chat::on_line(std::string line) {
  lines_.push_back(std::move(line));
  take_lines();
}

void Chat::take_lines() {
  while (!busy_ && !lines_.empty()) {
    const std::string line = std::move(lines_.front());
    lines_.pop_front();
    take(line);
  }
  end_if_finished();
}

void Chat::done() {
  busy_ = false;
  take_lines();
}

// What came from a pipe is sent to its end before we go.
void Chat::end_if_finished() {
  const bool finished = !busy_ && lines_.empty() && client_.info().unsent == 0 && desk_.under_way() == 0;
  if (input_ended_ && finished) end(0);
}

void Chat::take(const std::string& line) {
  if (line.empty()) return;
  if (line.starts_with("::")) {
    say(line.substr(1));
  } else if (line.starts_with(":")) {
    run_command(line);
  } else {
    say(line);
  }
}

void Chat::say(const std::string& text) {
  if (to_.id == 0) {
    complain("nobody to write to yet; choose somebody: :to USER, or :to #GROUP");
    return;
  }
  if (!is_utf8(text)) {
    complain("not sent: that is not UTF-8");
    return;
  }
  if (client_.send_text(to_, text) == 0) complain("not sent: too many messages wait for the connection");
}

std::string Chat::prompt() const {
  const std::string me = printable(arguments_.client.user);
  const std::string front = progress_.empty() ? me : progress_ + "  " + me;
  if (to_.id == 0) return front + "> ";
  const bool group = to_.type == IM::BaseDefine::SESSION_TYPE_GROUP;
  return front + " to " + (group ? groups_.name_of(to_.id) : book_.name_of(to_.id)) + "> ";
}

// Above the prompt there is no place that stays: so it stands in front of it.
bool Chat::show_progress(const std::string& text) {
  if (!input_.interactive()) return false;
  progress_ = text;
  input_.set_prompt(prompt());
  return true;
}

}  // namespace talkbeat
