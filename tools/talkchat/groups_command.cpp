#include "tools/talkchat/groups_command.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "base/json_text.h"

namespace talkbeat {

GroupsCommand::GroupsCommand(const ChatArguments& arguments)
    : ChatSession(arguments),
      arguments_(arguments),
      deadline_(loop_.timers(), [this] { fail("the groups did not come in time: " + last_problem_); }) {
  deadline_.start_once(arguments.timeout_ms);
}

void GroupsCommand::on_state(ClientState state, const std::string& why) {
  if (state == ClientState::kWaiting) last_problem_ = why;
  if (state == ClientState::kClosed) fail(reason_for_closing(why));
  if (state != ClientState::kOnline) return;
  groups_.refresh([this](const Status& status) {
    if (status.ok()) {
      print();
    } else if (client_.state() == ClientState::kOnline) {
      fail("the groups did not come: " + status.message());
    }
  });
}

void GroupsCommand::print() {
  for (const auto& [id, group] : groups_.groups()) {
    if (arguments_.json) {
      const nlohmann::ordered_json line{
          {"id", id},
          {"name", group.group_name()},
          {"version", group.version()},
          {"creator_id", group.group_creator_id()},
          {"temporary", group.group_type() == IM::BaseDefine::GROUP_TYPE_TMP},
          {"muted", group.shield_status() != 0},
          {"members", std::vector<uint32_t>(group.group_member_list().begin(), group.group_member_list().end())}};
      std::cout << json_text(line) << "\n";
    } else {
      std::cout << id << "\t" << groups_.name_of(id) << "\t" << group.group_member_list_size() << "\n";
    }
  }
  end(std::cout.flush() ? 0 : 1);
}

}  // namespace talkbeat
