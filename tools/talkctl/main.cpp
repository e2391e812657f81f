#include <CLI/CLI.hpp>
#include <csignal>
#include <functional>
#include <iostream>

#include "base/check.h"
#include "base/option_value.h"
#include "msg_server/store/sqlite_database.h"
#include "tools/client/password_file.h"
#include "tools/client/terminal_text.h"
#include "tools/talkctl/cli.h"
#include "tools/talkctl/cluster_files.h"
#include "tools/talkctl/drain_command.h"
#include "tools/talkctl/import_command.h"
#include "tools/talkctl/status_command.h"
#include "tools/talkctl/user_commands.h"
#include "tools/talkctl/why_command.h"

namespace talkbeat {
namespace {

constexpr uint32_t kMaxUsers = 10'000'000;

constexpr const char* kFooter = R"(
Examples:
  talkctl user add alice --password secret --nick "Alice B."
  talkctl user add-many --prefix load --count 10000 --password secret    load1 to load10000
  talkctl user list --json
  talkctl --dir /srv/talkbeat user disable alice
  talkctl user revoke alice                                              log alice out everywhere
  talkctl group create "all of us" --member alice --member bob
  talkctl send --group 7 "Doors close at six."
  talkctl broadcast "Maintenance at 22:00."
  talkctl online
  talkctl kick alice
  talkctl status
  talkctl top
  talkctl ledger                                                         is every message accounted for?
  talkctl why alice                                                      why was alice disconnected?
  talkctl why 203.0.113.7
  talkctl import-teamtalk teamtalk.sql --dry-run                         what would come over from TeamTalk?
  talkctl drain msg_server_0                                             and tools/start.sh brings it up again

Users are changed in the store, whether the servers run or not; what runs sees it at the next login. passwd, disable
and revoke also end the user's sessions, on all msg_servers that run; where one cannot be told, that is an error.
group, department, send, broadcast, online, kick and ledger ask a msg_server that runs, with the key in DIR/admin.key.
talkctl COMMAND --help has more.

Exit codes:
  0  done      1  it could not be done; one line on stderr says why      2  wrong command line)";

struct Arguments : CommandLine {
  std::string name;
  std::string password;
  std::string nick;
  std::string prefix;
  uint32_t first = 1;
  uint32_t count = 0;
  std::string whom;
  int limit = 5;
  std::string timeout;
  bool no_wait = false;
  ImportOptions import;
};

int with_store(const Arguments& arguments, const std::function<Status(UserCommands&)>& command) {
  auto opened = SqliteDatabase::open({.path = arguments.dir + "/talkbeat.db", .upkeep_in_commit = true});
  if (!opened.ok()) return fail(opened.message());
  UserCommands commands(*opened.value(), arguments.dir, arguments.json);
  const Status done = command(commands);
  return done.ok() ? 0 : fail(done.message());
}

int show_status(const Arguments& arguments) {
  const Result<ClusterFiles> files = ClusterFiles::read(arguments.dir);
  if (!files.ok()) return fail(files.message());
  return print_status(files.value(), arguments.json) ? 0 : kExitFailed;
}

int show_why(const Arguments& arguments) {
  const Result<ClusterFiles> files = ClusterFiles::read(arguments.dir);
  if (!files.ok()) return fail(files.message());
  return print_why(files.value(), arguments.whom, arguments.limit, arguments.json) ? 0 : kExitFailed;
}

int drain(const Arguments& arguments) {
  DrainOptions options{.server = arguments.name, .wait = !arguments.no_wait, .json = arguments.json};
  if (!arguments.timeout.empty()) {
    const auto timeout = parse_duration(arguments.timeout);
    if (!timeout || *timeout == 0)
      return fail("--timeout " + arguments.timeout + " is no time such as 60s", kExitUsage);
    options.timeout_ms = *timeout;
  }
  const Result<ClusterFiles> files = ClusterFiles::read(arguments.dir);
  if (!files.ok()) return fail(files.message());
  const Status drained = drain_server(files.value(), options);
  return drained.ok() ? 0 : fail(drained.message());
}

std::string name_error(const std::string& name) {
  const Status status = check_user_name(name);
  return status.ok() ? "" : status.message();
}

std::function<void(const std::string&)> take_password_file(std::string& into) {
  return [&into](const std::string& path) {
    const Result<std::string> password = read_password(path);
    if (!password.ok()) throw CLI::ValidationError("--password-file", password.message());
    into = password.value();
  };
}

void declare_users(CLI::App& app, Arguments& a) {
  CLI::App* user =
      add_family(app, "user", "Accounts in the store: add, add-many, list, passwd, revoke, enable, disable");
  const auto store = [&a](auto command) { return [&a, command] { return with_store(a, command); }; };
  const auto take_name = [&a](CLI::App* command) {
    command->add_option("name", a.name, "The login name, 1 to 64 bytes")->required()->check(name_error);
  };
  const auto take_password = [&a](CLI::App* command) {
    CLI::Option_group* password = command->add_option_group("Password", "What the person will type: one of these");
    password->add_option("--password", a.password, "As it is; others on this machine see it in ps")->type_name("PW");
    password
        ->add_option_function<std::string>("--password-file", take_password_file(a.password),
                                           "The first line of this file; -: of the standard input")
        ->type_name("FILE");
    password->require_option(1);
  };
  CLI::App* add = add_command(*user, a, "add", "Add one user",
                              store([&a](UserCommands& c) { return c.add(a.name, a.password, a.nick); }));
  take_name(add);
  take_password(add);
  add->add_option("--nick", a.nick, "The name that others see; without it, the login name")->type_name("N");
  CLI::App* many =
      add_command(*user, a, "add-many", "Add many users with one password",
                  store([&a](UserCommands& c) { return c.add_many(a.prefix, a.first, a.count, a.password); }));
  many->add_option("--prefix", a.prefix, "Names are PREFIX1, PREFIX2, …")->required()->type_name("P");
  many->add_option("--count", a.count, "So many")->required()->check(CLI::Range(1u, kMaxUsers))->type_name("N");
  many->add_option("--first", a.first, "The first number")->capture_default_str()->check(CLI::Range(0u, kMaxUsers));
  take_password(many);
  add_command(*user, a, "list", "List all users", store([](UserCommands& c) { return c.list(); }));
  CLI::App* passwd = add_command(*user, a, "passwd", "Give a user a new password, and log the user out everywhere",
                                 store([&a](UserCommands& c) { return c.set_password(a.name, a.password); }));
  take_name(passwd);
  take_password(passwd);
  take_name(add_command(*user, a, "enable", "Let a user log in again",
                        store([&a](UserCommands& c) { return c.enable(a.name); })));
  take_name(add_command(*user, a, "disable", "Refuse a user's logins, and end the user's sessions",
                        store([&a](UserCommands& c) { return c.disable(a.name); })));
  take_name(add_command(*user, a, "revoke", "Log a user out everywhere: ends sessions and voids session tokens",
                        store([&a](UserCommands& c) { return c.revoke(a.name); })));
}

void declare_why(CLI::App& app, Arguments& a) {
  CLI::App* why = add_command(app, a, "why", "Why was this user (or server, or address) disconnected?",
                              [&a] { return show_why(a); });
  why->add_option("whom", a.whom, "A user's name, a server's name, or an IP address (with or without port)")
      ->required()
      ->type_name("USER|ADDRESS");
  why->add_option("--limit", a.limit, "So many connections at most")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000))
      ->type_name("N");
}

void declare_drain(CLI::App& app, Arguments& a) {
  CLI::App* command =
      add_command(app, a, "drain", "Have a msg_server leave: its clients move to the other ones, and then it ends",
                  [&a] { return drain(a); });
  command->add_option("name", a.name, "Which one, for instance msg_server_0")->required()->type_name("SERVER");
  command->add_flag("--no-wait", a.no_wait, "Don't wait until it has left");
  command->add_option("--timeout", a.timeout, "Wait at most so long (15 s more than its drain.timeout)")
      ->type_name("TIME");
}

void declare_import(CLI::App& app, Arguments& a) {
  CLI::App* command = add_command(app, a, "import-teamtalk",
                                  "Make the store from a mysqldump of a TeamTalk database; no server may run", [&a] {
                                    a.import.dir = a.dir;
                                    a.import.json = a.json;
                                    return exit_code_of(import_teamtalk(a.import));
                                  });
  command->add_option("file", a.import.dump, "The dump; - is stdin")->required()->type_name("FILE.sql");
  command->add_flag("--dry-run", a.import.dry_run, "Only say what would be imported");
}

int run(int argc, const char* const* argv) {
  Arguments arguments;
  CLI::App app("Looks after a TalkBeat cluster: its users and groups, and how its servers are.", "talkctl");
  app.add_option("--dir", arguments.dir, "The cluster's directory, as given to start.sh")->capture_default_str();
  app.add_flag("--json", arguments.json, "Answer in JSON, for scripts");
  app.set_version_flag("--version", std::string("talkctl ") + TALKBEAT_VERSION, "Print the version, and end");
  app.set_help_flag("--help,-h", "Print this, and end");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.fallthrough();
  declare_users(app, arguments);
  declare_groups(app, arguments);
  declare_departments(app, arguments);
  declare_messages(app, arguments);
  declare_online(app, arguments);
  add_command(app, arguments, "status", "Ask every server how it is; exit code 1 where one is missing",
              [&arguments] { return show_status(arguments); });
  declare_top(app, arguments);
  declare_ledger(app, arguments);
  declare_why(app, arguments);
  declare_drain(app, arguments);
  declare_import(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wish) {
    return app.exit(wish);  // --help, --version
  } catch (const CLI::ParseError& error) {
    const auto unknown = app.remaining();
    const std::string why = unknown.empty() ? error.what() : "unknown command " + unknown.front();
    return fail(why + " (try talkctl --help)", kExitUsage);
  }
  const int exit_code = arguments.chosen();
  return std::cout.flush() ? exit_code : fail("stdout cannot be written");
}

}  // namespace
}  // namespace talkbeat

int main(int argc, char** argv) {
  return talkbeat::run(argc, argv);
}
