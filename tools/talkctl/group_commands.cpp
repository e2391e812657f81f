#include <iostream>
#include <memory>

#include "base/json_text.h"
#include "tools/client/terminal_text.h"
#include "tools/talkctl/cli.h"
#include "tools/talkctl/table.h"

// talkctl group: groups and who is in them, through the administration API.
namespace talkbeat {

namespace {

using Json = AdminClient::Json;

constexpr const char* kGroupExamples = R"(
Examples:
  talkctl group create "all of us" --member alice --member bob
  talkctl group create lunch --temporary --creator alice --member bob
  talkctl group list
  talkctl group show 7
  talkctl group add 7 carol dave            #17 names a user by id
  talkctl group remove 7 bob
  talkctl group rename 7 "the rest of us"
  talkctl group delete 7

Members who are online hear of each change at once, on whichever server they are.)";

struct GroupArguments {
  uint32_t id = 0;
  std::string name;
  std::vector<std::string> users;
  std::string creator;
  std::string avatar_url;
  bool temporary = false;
};

std::string group_path(uint32_t id) {
  return "/api/groups/" + std::to_string(id);
}

std::string members(size_t count) {
  return std::to_string(count) + (count == 1 ? " member" : " members");
}

Json users_json(const std::vector<std::string>& users) {
  Json list = Json::array();
  for (const std::string& user : users) list.push_back(user_json(user));
  return list;
}

/// Prints the answer as it is, or what `in_words` makes of it.
template <class Words>
Status print(const Result<Json>& answer, bool json, Words in_words) {
  if (!answer.ok()) return Error{answer.message()};
  std::cout << (json ? json_text(answer.value()) : in_words(answer.value())) << (json ? "\n" : "");
  return {};
}

Status create(const AdminClient& admin, const GroupArguments& a, bool json) {
  Json body{{"name", a.name}, {"kind", a.temporary ? "temporary" : "normal"}, {"members", users_json(a.users)}};
  if (!a.creator.empty()) body["creator"] = user_json(a.creator);
  if (!a.avatar_url.empty()) body["avatar_url"] = a.avatar_url;
  return print(admin.ask("POST", "/api/groups", body), json, [&a](const Json& group) {
    return "group " + printable(a.name) + " (id " + group["id"].dump() + ") created, " +
           members(group["members"].get<size_t>()) + "\n";
  });
}

Status list(const AdminClient& admin, bool json) {
  return print(admin.ask_all_pages("/api/groups", "groups"), json, [](const Json& groups) {
    Table table({"ID", "NAME", "KIND", "CREATOR", "VERSION"});
    for (const Json& group : groups) {
      const bool by_admin = group["creator"] == 0;
      table.add({group["id"].dump(), group.value("name", ""), group.value("kind", ""),
                 by_admin ? "-" : "#" + group["creator"].dump(), group["version"].dump()});
    }
    return table.text();
  });
}

Status show(const AdminClient& admin, uint32_t id, bool json) {
  return print(admin.ask("GET", group_path(id)), json, [](const Json& group) {
    Table table({"ID", "NAME", "MUTED", "ROLE"});
    for (const Json& member : group["members"]) {
      table.add({member["id"].dump(), member.value("name", "?"), member.value("shielded", false) ? "yes" : "no",
                 member["id"] == group["creator"] ? "creator" : "member"});
    }
    return "group " + printable(group.value("name", "")) + " (id " + group["id"].dump() + "), " +
           group.value("kind", "") + ", version " + group["version"].dump() + ", " + members(group["members"].size()) +
           "\n" + table.text();
  });
}

Status change(const AdminClient& admin, const GroupArguments& a, bool add, bool json) {
  const Json body{{add ? "add" : "remove", users_json(a.users)}};
  return print(admin.ask("POST", group_path(a.id) + "/members", body), json, [&](const Json& changed) {
    const size_t count = changed[add ? "added" : "removed"].size();
    const std::string same =
        count == a.users.size() ? "" : "; the others " + std::string(add ? "were" : "were not") + " in it";
    return "group " + std::to_string(a.id) + ": " + std::to_string(count) + (add ? " added" : " removed") + ", " +
           members(changed["members"].get<size_t>()) + " now" + same + "\n";
  });
}

Status rename(const AdminClient& admin, const GroupArguments& a, bool json) {
  return print(admin.ask("PATCH", group_path(a.id), {{"name", a.name}}), json,
               [&a](const Json&) { return "group " + std::to_string(a.id) + " is now " + printable(a.name) + "\n"; });
}

Status remove(const AdminClient& admin, uint32_t id, bool json) {
  return print(admin.ask("DELETE", group_path(id)), json, [id](const Json& last) {
    return "group " + std::to_string(id) + " deleted, it had " + members(last["members"].get<size_t>()) + "\n";
  });
}

}  // namespace

void declare_groups(CLI::App& app, CommandLine& line) {
  const auto a = std::make_shared<GroupArguments>();
  CLI::App* family =
      add_family(app, "group", "Groups: create, list, show, add, remove, rename, delete (the cluster must run)");
  family->footer(kGroupExamples);
  const auto command = [&](const char* name, const char* purpose, auto action) {
    CLI::App* made = add_command(
        *family, line, name, purpose,
        with_admin(line, [&line, a, action](const AdminClient& admin) { return action(admin, *a, line.json); }));
    made->footer(kGroupExamples);
    return made;
  };
  const auto take_id = [a](CLI::App* made) {
    made->add_option("id", a->id, "The group's id: talkctl group list")->required()->type_name("ID");
  };
  const auto take_users = [a](CLI::App* made) {
    made->add_option("users", a->users, "Login names, or #ID")->required()->type_name("USER");
  };

  CLI::App* made = command("create", "Make a group", create);
  made->add_option("name", a->name, "Its name")->required()->type_name("NAME");
  made->add_option("--member", a->users, "Somebody who is in it from the beginning; repeatable")->type_name("USER");
  made->add_flag("--temporary", a->temporary, "As clients make them; else a normal one");
  made->add_option("--creator", a->creator, "Who may remove members; without it, nobody but you")->type_name("USER");
  made->add_option("--avatar-url", a->avatar_url, "Where its picture is")->type_name("URL");
  command("list", "List all groups",
          [](const AdminClient& c, const GroupArguments&, bool json) { return list(c, json); });
  take_id(command("show", "Show a group and its members",
                  [](const AdminClient& c, const GroupArguments& g, bool json) { return show(c, g.id, json); }));
  made = command("add", "Add users to a group",
                 [](const AdminClient& c, const GroupArguments& g, bool json) { return change(c, g, true, json); });
  take_id(made);
  take_users(made);
  made = command("remove", "Remove users from a group",
                 [](const AdminClient& c, const GroupArguments& g, bool json) { return change(c, g, false, json); });
  take_id(made);
  take_users(made);
  made = command("rename", "Give a group another name", rename);
  take_id(made);
  made->add_option("name", a->name, "The new name")->required()->type_name("NAME");
  take_id(command("delete", "Delete a group; what was written in it is seen no more",
                  [](const AdminClient& c, const GroupArguments& g, bool json) { return remove(c, g.id, json); }));
}

}  // namespace talkbeat
