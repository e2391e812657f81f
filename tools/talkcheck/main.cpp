#include <fnmatch.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <iostream>
#include <map>

#include "base/log.h"
#include "base/option_value.h"
#include "base/resolve.h"
#include "tools/talkcheck/arguments.h"
#include "tools/talkcheck/check.h"
#include "tools/talkcheck/client_checks.h"

namespace talkbeat::check {

int fail(const std::string& why, int exit_code) {
  std::cerr << "talkcheck: " << one_line(why) << "\n";
  return exit_code;
}

bool chosen(const Arguments& arguments, const std::string& name) {
  const auto means = [&name](const std::string& only) {
    return name.find(only) != std::string::npos || ::fnmatch(only.c_str(), name.c_str(), 0) == 0;
  };
  return arguments.only.empty() || std::ranges::any_of(arguments.only, means);
}

int fail_unknown_name(const Arguments& arguments) {
  return fail("--only " + arguments.only.front() + ": no behaviour has such a name (see --list)", kExitUsage);
}

int report(const Arguments& arguments, const std::vector<Row>& rows) {
  if (arguments.json)
    print_json(std::cout, rows);
  else
    print_table(std::cout, rows);
  if (!std::cout.flush()) return fail("stdout cannot be written");
  return exit_code(rows);
}

namespace {

constexpr int kMaxScale = 1'000;
constexpr int kMaxUsers = 1'000;

constexpr const char* kFooter = R"(
Examples:
  talkcheck --login 127.0.0.1:8008 --user alice --password secret
      the rules that a server has by default, with the default timings: about three minutes

  tools/start.sh --dir try $(talkcheck settings --scale 20)
  talkctl --dir try user add-many --prefix check --count 8 --password secret
  talkcheck --scale 20 --login 127.0.0.1:8008 --users check:8 --password secret \
            --link 127.0.0.1:8100 --key try/cluster.key
      every rule, twenty times as fast: about 20 seconds. More users: more is checked at the same time

  talkcheck --scale 20 --server 127.0.0.1:8200 --users check:8 --password secret --pid $(cat try/msg_server_0.pid)
      this msg_server, which is also stopped for a while (SIGSTOP)

  talkcheck client --listen 9008 --exec 'talkchat --login 127.0.0.1:9008 --user a --password b --to talkcheck'
      plays the server for a client; without --exec, start the client yourself

  talkcheck --list              the behaviours, and the rule that each comes from
  talkcheck --only 'link_*' …   some of them; a part of a name is enough

A server that was started with other timings: name them (--idle-timeout 90s; off: 0s). What is off there cannot be
seen, and counts as OFF. --scale N means the settings that `talkcheck settings --scale N` prints, and divides what is
named by N as well. The users are test accounts: their sessions are kicked. Never point --pid at a server that people use.

Exit codes:
  0  all that was tested passed      1  something failed, or nothing could be tested      2  wrong command line)";

/// The command line's words, before they are understood.
struct Words {
  std::string server;
  std::string login;
  std::string link;
  std::string key;
  std::vector<std::string> users;
  std::string many_users;
  std::string password;
  int scale = 0;
  int max_ping_strikes = 2;
  std::string tolerance;
  std::map<std::string, std::string> timings;
  std::string listen;
};

Result<Address> resolve_first(const std::string& text) {
  const Result<std::vector<Address>> addresses = resolve(text);
  if (!addresses.ok()) return Error{addresses.message()};
  return addresses.value().front();
}

Status take_address(const std::string& text, std::optional<Address>& into) {
  if (text.empty()) return {};
  Result<Address> address = resolve_first(text);
  if (!address.ok()) return Error{address.message()};
  into = address.value();
  return {};
}

Status take_time(const std::string& flag, const std::string& text, Tick& into) {
  if (text.empty()) return {};
  const auto time = text == "off" ? 0 : parse_duration(text);
  if (!time) return Error{"--" + flag + " " + text + " is not a time such as 15s or 500ms, or off"};
  into = *time;
  return {};
}

Status take_timings(const Words& words, Timings& timings) {
  timings = words.scale > 0 ? all_on() : Timings();
  timings.max_ping_strikes = words.max_ping_strikes;
  for (const TimingRow& row : timing_rows()) {
    Status status = take_time(row.name, words.timings.at(row.name), timings.*row.value);
    if (!status.ok()) return status;
  }
  // A server without an own timeout for mobile clients treats all alike.
  const bool one_for_both = words.scale == 0 && words.timings.at("idle-timeout-mobile").empty();
  if (one_for_both) timings.idle_timeout_mobile = timings.idle_timeout;
  if (words.scale > 0) timings.divide(words.scale);
  return take_time("tolerance", words.tolerance, timings.tolerance);
}

Status take_accounts(const Words& words, std::vector<Account>& accounts) {
  for (const std::string& name : words.users) accounts.push_back({name, words.password});
  if (words.many_users.empty()) return {};
  const size_t colon = words.many_users.rfind(':');
  const auto count = colon == std::string::npos ? std::nullopt : parse_integer(words.many_users.substr(colon + 1));
  if (!count || *count < 1 || *count > kMaxUsers) return Error{"--users " + words.many_users + " is not PREFIX:COUNT"};
  for (int64_t i = 1; i <= *count; ++i) {
    accounts.push_back({words.many_users.substr(0, colon) + std::to_string(i), words.password});
  }
  return {};
}

Status understand(const Words& words, Arguments& arguments) {
  Targets& targets = arguments.targets;
  for (const auto& [text, into] : {std::pair{&words.server, &targets.server}, std::pair{&words.login, &targets.login},
                                   std::pair{&words.link, &targets.link}}) {
    if (Status status = take_address(*text, *into); !status.ok()) return status;
  }
  if (!words.key.empty()) {
    const Result<ClusterKey> key = ClusterKey::load(words.key);
    if (!key.ok()) return Error{key.message()};
    targets.key = key.value();
  }
  if (targets.link.has_value() != targets.key.has_value()) return Error{"--link and --key go together"};
  if (Status status = take_accounts(words, arguments.accounts); !status.ok()) return status;
  if (!arguments.accounts.empty() && words.password.empty()) return Error{"--password is missing"};
  if (!words.listen.empty()) {
    const Result<Address> listen =
        resolve_first(words.listen.find(':') == std::string::npos ? "0.0.0.0:" + words.listen : words.listen);
    if (!listen.ok()) return Error{listen.message()};
    arguments.listen = listen.value();
  }
  return take_timings(words, arguments.timings);
}

void declare_timings(CLI::App& app, Words& words) {
  app.add_option("--scale", words.scale, "The servers run with what `talkcheck settings --scale N` prints")
      ->type_name("N")
      ->check(CLI::Range(1, kMaxScale));
  app.add_option("--tolerance", words.tolerance, "So late is still in time (1s; never less than a tenth of a timeout)")
      ->type_name("TIME");
  CLI::Option_group& group = *app.add_option_group("Timings of the other side");
  for (const TimingRow& row : timing_rows()) {
    const Tick standard = Timings().*row.value;
    const std::string shown = standard > 0 ? format_duration(standard) : "off";
    group.add_option("--" + std::string(row.name), words.timings[row.name], std::string(row.doc) + " (" + shown + ")")
        ->type_name("TIME");
  }
  group.add_option("--max-ping-strikes", words.max_ping_strikes, "one strike more: closed")
      ->capture_default_str()
      ->check(CLI::Range(0, 1'000));
}

void declare(CLI::App& app, Words& words, Arguments& arguments) {
  app.add_option("--login", words.login, "login_server's port for clients: is checked, and names the msg_server")
      ->type_name("HOST:PORT");
  app.add_option("--server", words.server, "This msg_server, without asking a login_server")->type_name("HOST:PORT");
  app.add_option("--user", words.users, "An account to log in with; may stand several times")
      ->type_name("U")
      ->expected(1)
      ->take_all();
  app.add_option("--users", words.many_users, "PREFIX1, PREFIX2, … as `talkctl user add-many` makes them")
      ->type_name("PREFIX:COUNT");
  app.add_option("--password", words.password, "Of all of them")->type_name("PW");
  app.add_option("--link", words.link, "login_server's port for msg_servers")->type_name("HOST:PORT");
  app.add_option("--key", words.key, "The cluster's key, for --link")->type_name("FILE");
  app.add_option("--pid", arguments.targets.pid, "msg_server's process, on this machine: it is stopped for a while")
      ->check(CLI::PositiveNumber);
  app.add_option("--only", arguments.only, "Only behaviours with such a name; may stand several times")
      ->type_name("PATTERN")
      ->expected(1)
      ->take_all();
  app.add_flag("--list", arguments.list, "Name the behaviours and their rules, and end");
  app.add_flag("--json", arguments.json, "Answer in JSON, for scripts");
  app.set_version_flag("--version", std::string("talkcheck ") + TALKBEAT_VERSION, "Print the version, and end");
  app.set_help_flag("--help,-h", "Print this, and end");
  app.footer(kFooter);
}

int list(const Arguments& arguments, bool of_clients) {
  std::vector<Row> rows;
  const auto add = [&](const auto& check) {
    if (chosen(arguments, check.name)) {
      rows.push_back({check.name, check.rule, with_timings(check.expected, arguments.timings), {}, {}, 0});
    }
  };
  if (of_clients)
    std::ranges::for_each(client_checks(), add);
  else
    std::ranges::for_each(all_checks(), add);
  if (arguments.json)
    print_json(std::cout, rows);
  else
    print_list(std::cout, rows);
  return 0;
}

int print_settings(const Arguments& arguments) {
  const char* before = "";
  for (const std::string& word : server_settings(arguments.timings)) {
    std::cout << before << word;
    before = " ";
  }
  std::cout << "\n";
  return 0;
}

int run(int argc, const char* const* argv) {
  std::signal(SIGPIPE, SIG_IGN);
  Words words;
  Arguments arguments;
  CLI::App app("Plays peer against TalkBeat's servers, and says of each keepalive rule whether it holds.", "talkcheck");
  declare(app, words, arguments);
  declare_timings(app, words);
  CLI::App* settings =
      app.add_subcommand("settings", "Print the --set flags for tools/start.sh that --scale N is about");
  CLI::App* client = app.add_subcommand("client", "Play the server for a client under test");
  client->add_option("--listen", words.listen, "login_server and msg_server; a second msg_server is at the next port")
      ->required()
      ->type_name("[IP:]PORT");
  client->add_option("--exec", arguments.exec, "The client's command line; its stdin is typed into")
      ->type_name("COMMAND");
  app.require_subcommand(0, 1);
  for (CLI::App* command : {settings, client}) command->fallthrough();
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wish) {
    return app.exit(wish);  // --help, --version
  } catch (const CLI::ParseError& error) {
    return fail(std::string(error.what()) + " (try talkcheck --help)", kExitUsage);
  }
  if (settings->parsed() && words.scale == 0) words.scale = 1;
  if (const Status status = understand(words, arguments); !status.ok()) return fail(status.message(), kExitUsage);
  LogConfig log;
  log.level = LogLevel::kError;
  if (const Status status = configure_logging(log); !status.ok()) return fail(status.message());
  if (settings->parsed()) return print_settings(arguments);
  if (arguments.list) return list(arguments, client->parsed());
  if (client->parsed()) return check_client(arguments);
  const Targets& targets = arguments.targets;
  if (!targets.login && !targets.server && !targets.link) {
    return fail("nothing to check: --login, --server or --link is missing (try talkcheck --help)", kExitUsage);
  }
  return check_servers(arguments);
}

}  // namespace
}  // namespace talkbeat::check

int main(int argc, char** argv) {
  return talkbeat::check::run(argc, argv);
}
