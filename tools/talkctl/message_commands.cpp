#include <unistd.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <random>
#include <thread>

#include "base/json_text.h"
#include "tools/client/terminal_text.h"
#include "tools/talkctl/cli.h"

// talkctl send and broadcast: messages of the system user, through the administration API.
namespace talkbeat {

namespace {

using Json = AdminClient::Json;
using std::chrono::milliseconds;

constexpr auto kLook = milliseconds(200);
constexpr auto kSilence = milliseconds(1'000);
constexpr auto kPatience = std::chrono::seconds(60);

constexpr const char* kSendExamples = R"(
Examples:
  talkctl send --to alice "The printer works again."
  talkctl send --group 7 "Doors close at six."
  talkctl send --to alice --from bob "Written in bob's name."
  talkctl send --to alice --key ticket-17 "Solved."      again with the same key: it is not sent twice

Without --from the message comes from the system user, which becomes a member of a group that it writes to.)";

constexpr const char* kBroadcastExamples = R"(
Examples:
  talkctl broadcast "Maintenance at 22:00."
  talkctl broadcast --id night-17 "Maintenance at 22:00."   once more with the same id: nobody gets it twice

Every enabled user gets it, online or not. It waits until all have it, and goes on by itself where a server fails.)";

struct MessageArguments {
  std::string to;
  uint32_t group = 0;
  std::string from;
  std::string key;
  std::string text;
  std::string id;
  bool no_wait = false;
};

Status send(const AdminClient& admin, const MessageArguments& a, bool json) {
  Json body{{"to", a.group != 0 ? Json{{"group", a.group}} : Json{{"user", user_json(a.to)}}}, {"text", a.text}};
  if (!a.from.empty()) body["from"] = user_json(a.from);
  if (!a.key.empty()) body["key"] = a.key;
  const Result<Json> answer = admin.ask("POST", "/api/messages", body);
  if (!answer.ok()) return Error{answer.message()};
  if (json) {
    std::cout << json_text(answer.value()) << "\n";
    return {};
  }
  const std::string whom = a.group != 0 ? "group " + std::to_string(a.group) : printable(a.to);
  std::cout << (answer.value().value("duplicate", false) ? "had been sent to " : "sent to ") << whom << ", msg_id "
            << answer.value()["msg_id"].dump() << "\n";
  return {};
}

std::string new_id() {
  std::random_device random;
  constexpr const char* kLetters = "abcdefghijkmnpqrstuvwxyz23456789";
  std::string id = "talkctl-";
  for (int i = 0; i < 12; ++i) id += kLetters[random() % 32];
  return id;
}

/// Has one msg_server after the other do it until it is done.
class Broadcast {
 public:
  Broadcast(const AdminClient& admin, const MessageArguments& arguments, bool json)
      : admin_(admin), arguments_(arguments), json_(json), id_(arguments.id.empty() ? new_id() : arguments.id) {}

  Status run() {
    if (Status begun = begin(); !begun.ok()) return begun;
    while (!arguments_.no_wait && progress_.value("state", "") != "done") {
      std::this_thread::sleep_for(kLook);
      if (Status looked = look(); !looked.ok()) return looked;
      show();
    }
    finish();
    return {};
  }

 private:
  using Clock = std::chrono::steady_clock;

  Status begin() {
    std::string why = "no msg_server of " + admin_.files().dir + " runs";
    for (int i = 0; i < admin_.files().msg_servers; ++i) {
      HttpOutcome outcome;
      Result<Json> answer =
          admin_.ask_server(i, "POST", "/api/broadcast", {{"id", id_}, {"text", arguments_.text}}, &outcome);
      if (answer.ok()) {
        may_have_begun_ = true;
        server_ = i;
        progress_ = std::move(answer.value());
        heard_ = Clock::now();
        return {};
      }
      if (!outcome.nobody_listens) why = answer.message();
      if (outcome.reached && outcome.status == 0) may_have_begun_ = true;
      if (outcome.status >= 400 && outcome.status < 500) break;
    }
    // Under an id of its own it would be sent again to whoever has it.
    if (may_have_begun_) why += "; go on with: talkctl broadcast --id " + id_ + " and the same text";
    return Error{why};
  }
  // A server that has ended, or was started anew, knows nothing of it: another one goes on, and nobody gets it twice.
  Status look() {
    const Result<Json> answer = admin_.ask_server(server_, "GET", "/api/broadcast/" + id_);
    if (answer.ok()) {
      progress_ = answer.value();
      heard_ = Clock::now();
      return {};
    }
    Status begun = begin();
    if (begun.ok() || Clock::now() - heard_ < kPatience) return {};
    return begun;
  }
  void show() {
    if (json_ || ::isatty(STDERR_FILENO) == 0 || Clock::now() - began_ < kSilence) return;
    shown_ = true;
    std::cerr << "\r\x1b[K" << progress_["sent"].dump() << " users have it" << std::flush;
  }
  void finish() const {
    if (shown_) std::cerr << "\r\x1b[K";
    if (json_) {
      std::cout << json_text(progress_) << "\n";
    } else if (arguments_.no_wait) {
      std::cout << "broadcast " << id_ << " goes on on " << AdminClient::name_of(server_) << "\n";
    } else {
      std::cout << "sent to " << progress_["sent"].dump() << " users";
      if (progress_["already"] != 0) std::cout << ", " << progress_["already"].dump() << " had it already";
      std::cout << " (id " << id_ << ")\n";
    }
  }

  const AdminClient& admin_;
  const MessageArguments& arguments_;
  const bool json_;
  const std::string id_;
  bool may_have_begun_ = false;  // a server has taken it, or was asked to and did not answer
  int server_ = 0;
  Json progress_;
  bool shown_ = false;
  const Clock::time_point began_ = Clock::now();
  Clock::time_point heard_ = began_;
};

Status broadcast(const AdminClient& admin, const MessageArguments& a, bool json) {
  return Broadcast(admin, a, json).run();
}

}  // namespace

void declare_messages(CLI::App& app, CommandLine& line) {
  const auto a = std::make_shared<MessageArguments>();
  const auto command = [&](const char* name, const char* purpose, const char* examples, auto action) {
    CLI::App* made = add_command(
        app, line, name, purpose,
        with_admin(line, [&line, a, action](const AdminClient& admin) { return action(admin, *a, line.json); }));
    made->footer(examples);
    made->add_option("text", a->text, "What to say")->required()->type_name("TEXT");
    return made;
  };
  CLI::App* made = command("send", "Send a message to a user or a group", kSendExamples, send);
  CLI::Option* to = made->add_option("--to", a->to, "A login name, or #ID")->type_name("USER");
  CLI::Option* group =
      made->add_option("--group", a->group, "A group's id")->check(CLI::Range(1u, UINT32_MAX))->type_name("ID");
  to->excludes(group);
  made->add_option("--from", a->from, "Whose message it is; without it, the system user's")->type_name("USER");
  made->add_option("--key", a->key, "Names this message, so that it can be repeated")->type_name("KEY");
  made->parse_complete_callback([to, group] {
    if (to->count() + group->count() == 0) throw CLI::RequiredError("--to USER or --group ID");
  });
  made = command("broadcast", "Send a message to every user", kBroadcastExamples, broadcast);
  made->add_option("--id", a->id, "Names this broadcast, so that it can be repeated")->type_name("ID");
  made->add_flag("--no-wait", a->no_wait, "Don't wait until all have it");
}

}  // namespace talkbeat
