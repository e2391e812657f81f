#include <algorithm>
#include <charconv>

#include "tools/client/terminal_text.h"
#include "tools/talkchat/chat.h"
#include "tools/talkchat/words.h"

namespace talkbeat {

using namespace IM::Buddy;
using namespace IM::Message;

namespace {

constexpr uint32_t kHistory = 20;
constexpr uint32_t kMaxHistory = 500;
constexpr size_t kMaxWho = 200;
constexpr size_t kUsageWidth = 22;

std::string milliseconds(std::optional<Tick> time) {
  return time ? std::to_string(*time) + " ms" : "not measured yet";
}

}  // namespace

const std::array<Chat::Command, 24> Chat::kCommands = {{
    {":help", "", "this list", &Chat::help},
    {":to", "USER|#GROUP", "write to this user, or group, from now on", &Chat::to},
    {":history", "[N]", "the last N messages (20) of that conversation", &Chat::history},
    {":group", "NAME USER…", "make a group; \"two words\" stand in quotes", &Chat::make_group},
    {":groups", "", "the groups that you are in", &Chat::list_groups},
    {":members", "[GROUP]", "who is in it, and who is online", &Chat::members},
    {":invite", "GROUP USER…", "take users into it", &Chat::invite},
    {":remove", "GROUP USER…", "take users out of a group that you made", &Chat::remove},
    {":leave", "[GROUP]", "leave it", &Chat::leave},
    {":mute", "[GROUP] on|off", "no pushes to your phone for it, or again", &Chat::mute},
    {":sendfile", "USER PATH", "send a file; the server keeps it while they are not online", &Chat::send_file},
    {":files", "", "files offered to you, and on their way", &Chat::list_files},
    {":accept", "[N]", "receive file N of :files", &Chat::accept_file},
    {":refuse", "[N]", "refuse it", &Chat::refuse_file},
    {":cancel", "[N]", "stop a file that is on its way", &Chat::cancel_file},
    {":save", "DIR", "where received files go (here)", &Chat::save_files},
    {":info", "", "server, state, round trip, reconnects, moves, last heartbeat, messages without ack", &Chat::info},
    {":who", "", "all users, and who of them is online", &Chat::who},
    {":status", "USER", "online or not, and what they say of themselves", &Chat::status},
    {":users", "", "all users with their names", &Chat::users},
    {":departments", "", "how they are organised", &Chat::departments},
    {":sign", "TEXT", "your signature, which the others see; nothing: none", &Chat::sign},
    {":avatar", "URL", "your picture", &Chat::avatar},
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

// Of the word that the cursor stands behind. What somebody else has named so that it would steer the terminal is left
// out.
std::vector<std::string> Chat::complete(const std::string& line, bool& files) const {
  std::vector<std::string> candidates;
  const bool first_word = line.find(' ') == std::string::npos;
  if (!line.starts_with(":") || line.starts_with("::")) return candidates;
  if (first_word) {
    for (const Command& command : kCommands) candidates.push_back(command.name);
    return candidates;
  }
  const auto blanks = std::ranges::count(line, ' ');
  files = line.starts_with(":save ") || (line.starts_with(":sendfile ") && blanks > 1);
  if (files) return candidates;
  for (const auto& [id, user] : book_.users()) candidates.push_back(user.user_domain());
  for (const auto& [id, group] : groups_.groups()) candidates.push_back("#" + group.group_name());
  std::erase_if(candidates, [](const std::string& name) { return name.size() < 2 || name != printable(name); });
  return candidates;
}

void Chat::help(const std::string& /*argument*/) {
  for (const Command& command : kCommands) {
    std::string usage = std::string(command.name) + " " + command.arguments;
    const std::string gap(kUsageWidth - display_width(usage), ' ');
    print("  " + usage + gap + command.purpose);
  }
  std::string rest = "anything else";
  rest.resize(kUsageWidth, ' ');
  print("  " + rest + "is sent; a text that begins with : is written with ::");
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
    complain("to whom? :to USER, or :to #GROUP");
    return;
  }
  busy_ = true;
  const std::string name = unquoted(argument);
  if (name.starts_with('#')) {
    with_group(name, [this](uint32_t group) {
      write_to({IM::BaseDefine::SESSION_TYPE_GROUP, group});
      done();
    });
    return;
  }
  book_.find(name, [this](Result<uint32_t> id) {
    if (id.ok()) {
      write_to({IM::BaseDefine::SESSION_TYPE_SINGLE, id.value()});
    } else {
      complain(printable(id.message()) + "; :users lists them, and a group is written #GROUP");
    }
    done();
  });
}

void Chat::write_to(const ConversationId& whom) {
  to_ = whom;
  input_.set_prompt(prompt());
}

void Chat::history(const std::string& argument) {
  uint32_t count = kHistory;
  const auto [end, error] = std::from_chars(argument.data(), argument.data() + argument.size(), count);
  const bool whole = error == std::errc() && end == argument.data() + argument.size();
  if (to_.id == 0 || (!argument.empty() && (!whole || count < 1 || count > kMaxHistory))) {
    complain(to_.id == 0 ? "with whom? choose somebody first: :to USER" : ":history N, with N from 1 to 500");
    return;
  }
  IMGetMsgListReq request;
  request.set_user_id(client_.info().user_id);
  request.set_session_type(to_.type);
  request.set_session_id(to_.id);
  request.set_msg_id_begin(0);
  request.set_msg_cnt(count);
  busy_ = true;
  client_.request<IMGetMsgListReq, IMGetMsgListRsp>(request, [this](Result<IMGetMsgListRsp> answer) {
    if (!answer.ok()) {
      complain("the history did not come: " + printable(answer.message()));
      done();
      return;
    }
    std::vector<uint32_t> senders;
    for (const auto& message : answer.value().msg_list()) senders.push_back(message.from_session_id());
    book_.learn(senders, [this, history = answer.value()] {
      show_history(history);
      done();
    });
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
  if (desk_.under_way() > 0) complain("files under way: " + std::to_string(desk_.under_way()) + ", now cancelled");
  desk_.close();
  end(0);
}

}  // namespace talkbeat
