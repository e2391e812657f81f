#include <iostream>
#include <memory>
#include <optional>

#include "base/json_text.h"
#include "tools/client/terminal_text.h"
#include "tools/talkctl/cli.h"
#include "tools/talkctl/http_call.h"
#include "tools/talkctl/table.h"

// talkctl department: the organisation's tree, through the administration API.
namespace talkbeat {

namespace {

using Json = AdminClient::Json;

constexpr const char* kDepartmentExamples = R"(
Examples:
  talkctl department add Engineering
  talkctl department add Databases --parent 1 --priority 2
  talkctl department list
  talkctl department set 2 --name Storage --parent 0
  talkctl department assign alice 2          alice is in department 2 now; 0: in none
  talkctl department delete 2)";

struct DepartmentArguments {
  uint32_t id = 0;
  std::string name;
  std::string user;
  std::optional<uint32_t> parent;
  std::optional<uint32_t> priority;
};

Json edit_of(const DepartmentArguments& a) {
  Json body = Json::object();
  if (!a.name.empty()) body["name"] = a.name;
  if (a.parent) body["parent"] = *a.parent;
  if (a.priority) body["priority"] = *a.priority;
  return body;
}

Status say(const Result<Json>& answer, bool json, const std::string& words) {
  if (!answer.ok()) return Error{answer.message()};
  std::cout << (json ? json_text(answer.value()) : words) << "\n";
  return {};
}

std::string department_path(uint32_t id) {
  return "/api/departments/" + std::to_string(id);
}

Status add(const AdminClient& admin, const DepartmentArguments& a, bool json) {
  const Result<Json> answer = admin.ask("POST", "/api/departments", edit_of(a));
  const std::string id = answer.ok() ? answer.value()["id"].dump() : "";
  return say(answer, json, "department " + printable(a.name) + " (id " + id + ") added");
}

Status list(const AdminClient& admin, const DepartmentArguments& /*none*/, bool json) {
  const Result<Json> answer = admin.ask("GET", "/api/departments");
  if (!answer.ok()) return Error{answer.message()};
  const Json& departments = answer.value()["departments"];
  if (json) return say(departments, true, "");
  Table table({"ID", "NAME", "PARENT", "PRIORITY"});
  for (const Json& department : departments) {
    table.add({department["id"].dump(), department.value("name", ""),
               department["parent"] == 0 ? "-" : department["parent"].dump(), department["priority"].dump()});
  }
  std::cout << table.text();
  return {};
}

Status set(const AdminClient& admin, const DepartmentArguments& a, bool json) {
  const Json body = edit_of(a);
  if (body.empty()) return Error{"nothing to change: --name, --parent or --priority"};
  return say(admin.ask("PATCH", department_path(a.id), body), json, "department " + std::to_string(a.id) + " changed");
}

Status remove(const AdminClient& admin, const DepartmentArguments& a, bool json) {
  return say(admin.ask("DELETE", department_path(a.id)), json, "department " + std::to_string(a.id) + " deleted");
}

Status assign(const AdminClient& admin, const DepartmentArguments& a, bool json) {
  const Json user = user_json(a.user);
  const std::string who = user.is_number() ? user.dump() : url_encoded(a.user);
  return say(admin.ask("PATCH", "/api/users/" + who, {{"department", a.id}}), json,
             "user " + printable(a.user) + " is in department " + std::to_string(a.id) + " now");
}

}  // namespace

void declare_departments(CLI::App& app, CommandLine& line) {
  const auto a = std::make_shared<DepartmentArguments>();
  CLI::App* family =
      add_family(app, "department", "The organisation's tree: add, list, set, assign, delete (the cluster must run)");
  family->footer(kDepartmentExamples);
  const auto command = [&](const char* name, const char* purpose,
                           Status (*action)(const AdminClient&, const DepartmentArguments&, bool)) {
    CLI::App* made = add_command(
        *family, line, name, purpose,
        with_admin(line, [&line, a, action](const AdminClient& admin) { return action(admin, *a, line.json); }));
    made->footer(kDepartmentExamples);
    return made;
  };
  const auto take_id = [a](CLI::App* made, const char* what) {
    made->add_option("id", a->id, what)->required()->type_name("ID");
  };
  const auto take_place = [a](CLI::App* made) {
    made->add_option("--parent", a->parent, "The department above it; 0: none")->type_name("ID");
    made->add_option("--priority", a->priority, "Its place among its siblings")->type_name("N");
  };

  CLI::App* made = command("add", "Make a department", add);
  made->add_option("name", a->name, "Its name")->required()->type_name("NAME");
  take_place(made);
  command("list", "List all departments", list);
  made = command("set", "Change a department", set);
  take_id(made, "Which one: talkctl department list");
  made->add_option("--name", a->name, "Its new name")->type_name("NAME");
  take_place(made);
  made = command("assign", "Put a user into a department", assign);
  made->add_option("user", a->user, "A login name, or #ID")->required()->type_name("USER");
  take_id(made, "The department; 0: none");
  take_id(command("delete", "Delete a department without others below it", remove), "Which one");
}

}  // namespace talkbeat
