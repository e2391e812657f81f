#include <algorithm>
#include <ctime>
#include <iostream>
#include <map>
#include <memory>

#include "base/json_text.h"
#include "tools/client/terminal_text.h"
#include "tools/talkctl/cli.h"
#include "tools/talkctl/table.h"

// talkctl online and kick: who is online where, and ending it, through the administration API.
namespace talkbeat {

namespace {

using Json = AdminClient::Json;

constexpr const char* kOnlineExamples = R"(
Examples:
  talkctl online
  talkctl online --json)";

constexpr const char* kKickExamples = R"(
Examples:
  talkctl kick alice
  talkctl kick alice --class mobile
  talkctl kick '#17'

The user may log in again: talkctl user disable prevents that.)";

struct OnlineArguments {
  std::string user;
  std::string device;
};

std::string clock_time(int64_t unix_seconds) {
  const auto seconds = static_cast<std::time_t>(unix_seconds);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%SZ", &parts);
  return text;
}

/// The sessions that each server has itself, which together are all; by user.
struct Online {
  std::map<uint32_t, Json> users;
  std::vector<std::string> missing;  // servers that may run and did not tell
};

// Where nobody listens there is no server, and nothing to tell.
void note_silence(const AdminClient& admin, int index, const HttpOutcome& outcome, const std::string& why,
                  Online& online) {
  const std::string name = AdminClient::name_of(index);
  if (admin.files().may_run(name, outcome)) online.missing.push_back(why.starts_with(name) ? why : name + ": " + why);
}

void take_pages(const AdminClient& admin, int index, Online& online) {
  std::string page = "/api/online";
  while (true) {
    HttpOutcome outcome;
    const Result<Json> answer = admin.ask_server(index, "GET", page, nullptr, &outcome);
    if (!answer.ok()) return note_silence(admin, index, outcome, answer.message(), online);
    for (const Json& user : answer.value()["users"]) {
      for (const Json& session : user["sessions"]) {
        if (session["server"].is_null()) continue;  // another server has it, and tells
        Json& known = online.users[user["id"].get<uint32_t>()];
        if (known.is_null()) known = Json{{"id", user["id"]}, {"name", user["name"]}, {"sessions", Json::array()}};
        known["sessions"].push_back(session);
      }
    }
    const Json next = answer.value()["next"];
    if (next.is_null()) return;
    page = "/api/online?after=" + next.dump();
  }
}

void print(const Online& online) {
  Table table({"ID", "NAME", "SERVER", "CLASS", "SINCE"});
  for (const auto& [id, user] : online.users) {
    for (const Json& session : user["sessions"]) {
      table.add({std::to_string(id), user["name"].is_string() ? user["name"].get<std::string>() : "?",
                 session.value("server", ""), session.value("class", ""),
                 clock_time(session.value("since", int64_t{0}))});
    }
  }
  std::cout << table.text();
}

Status show_online(const AdminClient& admin, const OnlineArguments& /*none*/, bool json) {
  Online online;
  for (int i = 0; i < admin.files().msg_servers; ++i) take_pages(admin, i, online);
  if (json) {
    Json users = Json::array();
    for (const auto& [id, user] : online.users) users.push_back(user);
    std::cout << json_text({{"users", users}, {"missing", online.missing}}) << "\n";
  } else {
    print(online);
  }
  if (online.missing.empty()) return {};
  std::string missing;
  for (const std::string& why : online.missing) missing += (missing.empty() ? "" : "; ") + why;
  return Error{"not all of it: " + missing};
}

Status kick(const AdminClient& admin, const OnlineArguments& a, bool json) {
  Json body{{"user", user_json(a.user)}};
  if (!a.device.empty()) body["class"] = a.device;
  const Result<Json> answer = admin.ask("POST", "/api/kick", body);
  if (!answer.ok()) return Error{answer.message()};
  const bool everywhere = answer.value().value("others_told", false);
  if (json) {
    std::cout << json_text(answer.value()) << "\n";
  } else if (everywhere) {
    std::cout << "user " << printable(a.user)
              << (answer.value().value("was_online", false) ? " kicked\n" : " was not online\n");
  }
  if (everywhere) return {};
  return Error{"no login_server is linked: only sessions of " + printable(a.user) +
               " on the msg_server that was asked are over; try again when talkctl status shows one"};
}

}  // namespace

void declare_online(CLI::App& app, CommandLine& line) {
  const auto a = std::make_shared<OnlineArguments>();
  const auto command = [&](const char* name, const char* purpose, const char* examples, auto action) {
    CLI::App* made = add_command(
        app, line, name, purpose,
        with_admin(line, [&line, a, action](const AdminClient& admin) { return action(admin, *a, line.json); }));
    made->footer(examples);
    return made;
  };
  command("online", "Who is online, on which server and since when", kOnlineExamples, show_online);
  CLI::App* made = command("kick", "End a user's sessions, wherever they are", kKickExamples, kick);
  made->add_option("user", a->user, "A login name, or #ID")->required()->type_name("USER");
  made->add_option("--class", a->device, "Only those of this class of device")
      ->check(CLI::IsMember({"pc", "mobile"}))
      ->type_name("pc|mobile");
}

}  // namespace talkbeat
