#include <algorithm>
#include <set>

#include "tools/client/file_requests.h"
#include "tools/client/terminal_text.h"
#include "tools/talkchat/chat.h"
#include "tools/talkchat/words.h"

namespace talkbeat {

using namespace IM::Buddy;
using namespace IM::Group;

namespace {

constexpr size_t kMaxShown = 200;  // names in one line, members in a list

}  // namespace

std::string Chat::names_of(std::span<const uint32_t> users) const {
  std::string names;
  for (const uint32_t user : users.first(std::min(users.size(), kMaxShown))) {
    names += (names.empty() ? "" : ", ") + (user == client_.info().user_id ? std::string("you") : book_.name_of(user));
  }
  if (users.size() > kMaxShown) names += " and " + std::to_string(users.size() - kMaxShown) + " more";
  return names;
}

void Chat::announce(const GroupChange& change, std::function<void()> then) {
  const bool self = std::ranges::count(change.changed, client_.info().user_id) > 0;
  const bool writing_to_it = to_ == ConversationId{IM::BaseDefine::SESSION_TYPE_GROUP, change.group};
  const std::string before = groups_.name_of(change.group);
  groups_.take(change);
  if (self && !change.added && writing_to_it) write_to({});
  const auto shown = std::min<std::ptrdiff_t>(kMaxShown, std::ssize(change.changed));
  std::vector<uint32_t> people(change.changed.begin(), change.changed.begin() + shown);
  if (change.by != 0) people.push_back(change.by);
  book_.learn(people, [this, change, before, then] {
    const auto say = [this, change, then](const std::string& group) {
      print(style_.faint(words_of(change, group)));
      then();
    };
    if (change.added) {
      groups_.learn(change.group, [this, change, say] { say(groups_.name_of(change.group)); });
    } else {
      say(before);
    }
  });
}

std::string Chat::words_of(const GroupChange& change, const std::string& group) const {
  const uint32_t me = client_.info().user_id;
  const auto has = [&change](uint32_t user) { return std::ranges::count(change.changed, user) > 0; };
  std::string by = book_.name_of(change.by) + " has";
  if (change.by == 0) by = "the administrator has";
  if (change.by == me) by = "you have";
  std::vector<uint32_t> others = change.changed;
  std::erase(others, change.by);
  if (change.changed.empty()) return group + " has changed";
  if (!change.added && has(change.by)) return by + " left " + group;
  if (!change.added && change.members.empty()) return by + " closed " + group;
  if (!change.added) return by + " taken " + names_of(others) + " out of " + group;
  const std::string hint = has(me) && change.by != me ? "; :to " + group + " writes to it" : "";
  if (has(change.by)) return by + " made " + group + " with " + names_of(others) + hint;
  return by + " taken " + names_of(others) + " into " + group + hint;
}

// The name may be left out where one writes to a group.
void Chat::with_group(const std::string& name, std::function<void(uint32_t)> then) {
  if (name.empty() && to_.id != 0 && to_.type == IM::BaseDefine::SESSION_TYPE_GROUP) {
    then(to_.id);
    return;
  }
  if (done_unless(!name.empty(), "which group? :groups lists yours")) return;
  groups_.find(unquoted(name), [this, then](Result<uint32_t> group) {
    if (done_unless(group.ok(), group.ok() ? "" : group.message() + "; :groups lists yours")) return;
    then(group.value());
  });
}

// One after the other: the first unknown one ends it.
void Chat::with_users(std::vector<std::string> names, std::function<void(std::vector<uint32_t>)> then,
                      std::vector<uint32_t> found) {
  if (names.empty()) {
    then(std::move(found));
    return;
  }
  const std::string name = names.back();
  names.pop_back();
  book_.find(name, [this, names, then, found](Result<uint32_t> user) {
    if (done_unless(user.ok(), user.ok() ? "" : user.message() + "; :users lists them")) return;
    std::vector<uint32_t> more = found;
    more.push_back(user.value());
    with_users(names, then, more);
  });
}

void Chat::make_group(const std::string& argument) {
  std::string rest = argument;
  const std::string name = take_word(rest);
  if (name.empty() || rest.empty()) {
    complain("call it what, with whom? :group NAME USER… (\"two words\" stand in quotes)");
    return;
  }
  busy_ = true;
  with_users(words_of_line(rest), [this, name](const std::vector<uint32_t>& users) {
    IMGroupCreateReq request;
    request.set_user_id(client_.info().user_id);
    request.set_group_type(IM::BaseDefine::GROUP_TYPE_TMP);
    request.set_group_name(name);
    request.set_group_avatar("");
    for (const uint32_t user : users) request.add_member_id_list(user);
    client_.request<IMGroupCreateReq, IMGroupCreateRsp>(request, [this](Result<IMGroupCreateRsp> answer) {
      if (done_unless(answer.ok(), answer.ok() ? "" : "not made: " + answer.message())) return;
      const uint32_t code = answer.value().result_code();
      if (done_unless(code == 0, "not made: " + words_for_result(code))) return;
      const uint32_t group = answer.value().group_id();
      groups_.learn(group, [this, group] {
        write_to({IM::BaseDefine::SESSION_TYPE_GROUP, group});
        print(style_.faint("made " + groups_.name_of(group) + " (" + std::to_string(group) + "); you write to it now"));
        done();
      });
    });
  });
}

void Chat::list_groups(const std::string& /*argument*/) {
  busy_ = true;
  groups_.refresh([this](Status status) {
    if (done_unless(status.ok(), status.ok() ? "" : "the groups did not come: " + status.message())) return;
    for (const auto& [id, group] : groups_.groups()) {
      if (group.group_id() == 0) continue;  // asked for, and not there
      const int members = group.group_member_list_size();
      print("  " + groups_.name_of(id) + style_.faint("  (" + std::to_string(id) + ")  ") + std::to_string(members) +
            (members == 1 ? " member" : " members") + (group.shield_status() != 0 ? "  muted" : ""));
    }
    if (groups_.groups().empty()) print(style_.faint("  no groups yet; :group NAME USER… makes one"));
    done();
  });
}

void Chat::members(const std::string& argument) {
  busy_ = true;
  with_group(argument, [this](uint32_t group) {
    groups_.refresh([this, group](Status status) {
      if (done_unless(status.ok(), status.ok() ? "" : "the members did not come: " + status.message())) return;
      if (done_unless(groups_.knows(group), "you are not in that group any more")) return;
      const auto& list = groups_.groups().at(group).group_member_list();
      const std::vector<uint32_t> shown(list.begin(), list.begin() + std::min<int>(kMaxShown, list.size()));
      book_.learn(shown, [this, group] { show_members(group); });
    });
  });
}

void Chat::show_members(uint32_t group) {
  if (done_unless(groups_.knows(group), "you are not in that group any more")) return;
  IMUsersStatReq request;
  request.set_user_id(client_.info().user_id);
  const auto& list = groups_.groups().at(group).group_member_list();
  for (int i = 0; i < std::min<int>(kMaxShown, list.size()); ++i) request.add_user_id_list(list[i]);
  const size_t left_out = static_cast<size_t>(list.size() - request.user_id_list_size());
  client_.request<IMUsersStatReq, IMUsersStatRsp>(request, [this, left_out](Result<IMUsersStatRsp> answer) {
    if (answer.ok()) {
      show_who(answer.value(), left_out);
    } else {
      complain("the members' status did not come: " + printable(answer.message()));
    }
    done();
  });
}

void Chat::change_members(const std::string& argument, bool add) {
  std::string rest = argument;
  const std::string group = take_word(rest);
  if (group.empty() || rest.empty()) {
    complain(std::string("which group, and whom? ") + (add ? ":invite" : ":remove") + " GROUP USER…");
    return;
  }
  busy_ = true;
  with_group(group, [this, rest, add](uint32_t id) {
    with_users(words_of_line(rest),
               [this, id, add](const std::vector<uint32_t>& users) { ask_change(id, add, users); });
  });
}

void Chat::leave(const std::string& argument) {
  busy_ = true;
  with_group(argument, [this](uint32_t group) { ask_change(group, false, {client_.info().user_id}); });
}

void Chat::ask_change(uint32_t group, bool add, const std::vector<uint32_t>& users) {
  IMGroupChangeMemberReq request;
  request.set_user_id(client_.info().user_id);
  request.set_change_type(add ? IM::BaseDefine::GROUP_MODIFY_TYPE_ADD : IM::BaseDefine::GROUP_MODIFY_TYPE_DEL);
  request.set_group_id(group);
  for (const uint32_t user : users) request.add_member_id_list(user);
  client_.request<IMGroupChangeMemberReq, IMGroupChangeMemberRsp>(
      request, [this, group, add](Result<IMGroupChangeMemberRsp> answer) {
        if (done_unless(answer.ok(), answer.ok() ? "" : "not changed: " + answer.message())) return;
        const uint32_t code = answer.value().result_code();
        if (done_unless(code == 0, "not changed: " + words_for_result(code))) return;
        const auto& changed = answer.value().chg_user_id_list();
        if (done_unless(!changed.empty(), add ? "they are in it already" : "they are not in it")) return;
        // The server tells those who are in the group; who has asked has only this answer.
        const auto& members = answer.value().cur_user_id_list();
        announce({.group = group,
                  .by = client_.info().user_id,
                  .added = add,
                  .changed = {changed.begin(), changed.end()},
                  .members = {members.begin(), members.end()}},
                 [this] { done(); });
      });
}

void Chat::mute(const std::string& argument) {
  std::vector<std::string> words = words_of_line(argument);
  const bool usable = !words.empty() && words.size() <= 2 && (words.back() == "on" || words.back() == "off");
  if (!usable) {
    complain("on or off? :mute GROUP on, or :mute GROUP off");
    return;
  }
  busy_ = true;
  const bool on = words.back() == "on";
  with_group(words.size() == 2 ? words.front() : "", [this, on](uint32_t group) {
    IMGroupShieldReq request;
    request.set_user_id(client_.info().user_id);
    request.set_group_id(group);
    request.set_shield_status(on ? 1 : 0);
    client_.request<IMGroupShieldReq, IMGroupShieldRsp>(request, [this, on, group](Result<IMGroupShieldRsp> answer) {
      if (done_unless(answer.ok(), answer.ok() ? "" : "not changed: " + answer.message())) return;
      const uint32_t code = answer.value().result_code();
      if (done_unless(code == 0, "not changed: " + words_for_result(code))) return;
      groups_.forget(group);  // what is known of it is old
      print(style_.faint(on ? "muted" : "not muted any more"));
      done();
    });
  });
}

}  // namespace talkbeat
