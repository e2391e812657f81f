#include <algorithm>
#include <charconv>

#include "tools/client/terminal_text.h"
#include "tools/talkchat/chat.h"

namespace talkbeat {

using namespace IM::Buddy;
using namespace IM::Message;

namespace {

constexpr uint32_t kHistory = 20;
constexpr uint32_t kMaxHistory = 500;
constexpr size_t kMaxWho = 200;

std::string milliseconds(std::optional<Tick> time) {
  return time ? std::to_string(*time) + " ms" : "not measured yet";
}

}  // namespace

const std::array<Chat::Command, 6> Chat::kCommands = {{
    {":help", "", "this list", &Chat::help},
    {":info", "", "server, state, round trip, reconnects, moves, last heartbeat, messages without ack", &Chat::info},
    {":who", "", "all users, and who of them is online", &Chat::who},
    {":to", "USER", "write to this user from now on", &Chat::to},
    {":history", "[N]", "the last N messages (20) with that user", &Chat::history},
    {":quit", "", "leave (as Ctrl-D)", &Chat::quit},
}};

void Chat::run_command(const std::string& line) {
  const size_t space = line.find(' ');
  const std::string name = line.substr(0, space);
  std::string argument = space == std::string::npos ? "" : line.substr(space + 1);
  argument.erase(0, argument.find_first_not_of(' '));
  argument.erase(argument.find_last_not_of(' ') + 1);
  for (const Command& command : kCommands) {
    if (name != command.name) continue;
    (this->*command.run)(argument);
    return;
  }
  complain("no command " + printable(name) + "; :help lists them (to send such a text, begin it with ::)");
}

void Chat::help(const std::string& /*argument*/) {
  for (const Command& command : kCommands) {
    std::string usage = std::string(command.name) + " " + command.arguments;
    usage.resize(16, ' ');
    print("  " + usage + command.purpose);
  }
  print("  anything else   is sent; a text that begins with : is written with ::");
}

// The answer's way there and back is the round trip at this moment.
void Chat::info(const std::string& /*argument*/) {
  if (client_.state() != ClientState::kOnline) {
    print_info(milliseconds(client_.info().rtt_ms) + " (when it was connected)");
    return;
  }
  busy_ = true;
  const Tick asked_at = clock_.now();
  client_.request<IMClientTimeReq, IMClientTimeRsp>({}, [this, asked_at](Result<IMClientTimeRsp> answer) {
    print_info(answer.ok() ? std::to_string(clock_.now() - asked_at) + " ms" : answer.message());
    done();
  });
}

void Chat::print_info(const std::string& rtt) {
  const ClientInfo info = client_.info();
  const std::string age = info.heartbeat_age_ms ? std::to_string(*info.heartbeat_age_ms / 1000) : "";
  const auto line = [this](std::string name, const std::string& value) {
    name.resize(16, ' ');
    print("  " + name + value);
  };
  line("server", info.server.ip.empty() ? "none" : info.server.to_string());
  line("state", to_string(info.state));
  line("round trip", rtt);
  line("reconnects", std::to_string(info.reconnects));
  line("moves", std::to_string(info.moves));
  line("last heartbeat", age.empty() ? "none yet: there was no silence to fill"
                                     : age + " s ago, answered in " + milliseconds(info.rtt_ms));
  line("without ack", std::to_string(info.unsent));
}

void Chat::who(const std::string& /*argument*/) {
  busy_ = true;
  book_.refresh([this](Status status) {
    if (!status.ok()) {
      complain("the list of users did not come: " + printable(status.message()));
      done();
      return;
    }
    IMUsersStatReq request;
    request.set_user_id(client_.info().user_id);
    for (const auto& [id, user] : book_.users()) {
      if (static_cast<size_t>(request.user_id_list_size()) < kMaxWho && !user.user_domain().empty()) {
        request.add_user_id_list(id);
      }
    }
    const size_t left_out = book_.users().size() - static_cast<size_t>(request.user_id_list_size());
    client_.request<IMUsersStatReq, IMUsersStatRsp>(request, [this, left_out](Result<IMUsersStatRsp> answer) {
      if (answer.ok()) {
        show_who(answer.value(), left_out);
      } else {
        complain("the users' status did not come: " + printable(answer.message()));
      }
      done();
    });
  });
}

void Chat::show_who(const IMUsersStatRsp& answer, size_t left_out) {
  size_t width = 0;
  std::vector<std::pair<bool, uint32_t>> users;  // online ones first
  for (const auto& stat : answer.user_stat_list()) {
    users.emplace_back(stat.status() == IM::BaseDefine::USER_STATUS_OFFLINE, stat.user_id());
    width = std::max(width, display_width(book_.name_of(stat.user_id())));
  }
  std::ranges::sort(users);
  for (const auto& [offline, id] : users) {
    const std::string name = book_.name_of(id);
    const std::string nick = printable(book_.users().at(id).user_nick_name());
    const std::string gap(width - display_width(name) + 2, ' ');
    const std::string state = offline ? style_.faint("offline") : style_.own("online ");
    print("  " + name + gap + state + (nick == name ? "" : "  " + nick));
  }
  if (left_out > 0) print(style_.faint("  and " + std::to_string(left_out) + " more"));
}

void Chat::to(const std::string& argument) {
  if (argument.empty()) {
    complain("to whom? :to USER");
    return;
  }
  busy_ = true;
  book_.find(argument, [this](Result<uint32_t> id) {
    if (id.ok()) {
      peer_ = id.value();
      input_.set_prompt(prompt());
    } else {
      complain(printable(id.message()));
    }
    done();
  });
}

void Chat::history(const std::string& argument) {
  uint32_t count = kHistory;
  const auto [end, error] = std::from_chars(argument.data(), argument.data() + argument.size(), count);
  const bool whole = error == std::errc() && end == argument.data() + argument.size();
  if (peer_ == 0 || (!argument.empty() && (!whole || count < 1 || count > kMaxHistory))) {
    complain(peer_ == 0 ? "with whom? choose somebody first: :to USER" : ":history N, with N from 1 to 500");
    return;
  }
  IMGetMsgListReq request;
  request.set_user_id(client_.info().user_id);
  request.set_session_type(IM::BaseDefine::SESSION_TYPE_SINGLE);
  request.set_session_id(peer_);
  request.set_msg_id_begin(0);
  request.set_msg_cnt(count);
  busy_ = true;
  client_.request<IMGetMsgListReq, IMGetMsgListRsp>(request, [this](Result<IMGetMsgListRsp> answer) {
    if (answer.ok()) {
      show_history(answer.value());
    } else {
      complain("the history did not come: " + printable(answer.message()));
    }
    done();
  });
}

void Chat::show_history(const IMGetMsgListRsp& answer) {
  if (answer.msg_list_size() == 0) print(style_.faint("no messages yet"));
  for (int i = answer.msg_list_size() - 1; i >= 0; --i) {
    const auto& info = answer.msg_list(i);
    print(line_of({.conversation = {answer.session_type(), answer.session_id()},
                   .msg_id = info.msg_id(),
                   .from = info.from_session_id(),
                   .created_at = info.create_time(),
                   .type = info.msg_type(),
                   .body = info.msg_data(),
                   .mine = info.from_session_id() == client_.info().user_id}));
  }
}

void Chat::quit(const std::string& /*argument*/) {
  if (client_.info().unsent > 0) complain(std::to_string(client_.info().unsent) + " messages were not sent");
  end(0);
}

}  // namespace talkbeat
