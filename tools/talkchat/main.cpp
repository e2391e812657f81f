#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>

#include "base/log.h"
#include "base/option_value.h"
#include "base/resolve.h"
#include "tools/client/password_file.h"
#include "tools/client/terminal_text.h"
#include "tools/talkchat/chat.h"
#include "tools/talkchat/groups_command.h"
#include "tools/talkchat/recv_command.h"
#include "tools/talkchat/recv_file_command.h"
#include "tools/talkchat/send_command.h"
#include "tools/talkchat/send_file_command.h"

namespace talkbeat {
namespace {

constexpr int kExitUsage = 2;
constexpr const char* kDefaultLogin = "127.0.0.1:8008";
constexpr const char* kDefaultTlsLogin = "127.0.0.1:8018";

constexpr const char* kFooter = R"(
Examples:
  talkchat --user alice --password secret                 chat; then: :to bob, and type
  talkchat --user alice --password secret --to bob        the same
  talkchat --user alice --password secret send --to bob "Hello there"
  talkchat --user bob --password secret recv --count 1 --timeout 5s
  talkchat --user alice --password secret send --group team "Hello all"
  talkchat --user alice --password secret sendfile --to bob photo.png
  talkchat --user bob --password secret recvfile --dir ~/files --count 1 --timeout 60s
  talkchat --user alice --password secret --json groups
  talkchat --tls --ca run/tls/certificate.pem --user alice --password secret
  talkchat --login chat1.example.org:8008 --login chat2.example.org:8008 --user alice --password secret

Inside, :help lists all commands. The first ones: :to USER or :to #GROUP, then type; :group NAME USER… makes a group;
:sendfile USER PATH sends a file; :quit. Tab completes. Lines from a pipe are taken as if they were typed.
A connection that is lost is restored by itself; nothing is lost, nothing comes twice. Files go on where they were.

Exit codes:
  0  done      1  it failed; one line on stderr says why      2  wrong command line)";

int fail(const std::string& why) {
  std::cerr << "talkchat: " << printable(why) << "\n";
  return kExitUsage;
}

struct CommandLine {
  ChatArguments arguments;
  std::vector<std::string> login_servers;
  std::string server;
  std::string password_file;
  bool mobile = false;
  bool tls = false;
  std::string heartbeat;
  std::string response_timeout;
  std::string timeout;
  std::vector<std::string> words;
};

// `into` stays as it is where nothing is given.
Status take_time(const char* option, const std::string& text, Tick& into) {
  if (text.empty()) return {};
  const auto time = parse_duration(text);
  if (!time || *time == 0) return Error{std::string(option) + " " + text + " is not a time such as 5s"};
  into = *time;
  return {};
}

constexpr size_t kMaxHostName = 253;  // DNS knows no longer ones, nor does TLS

std::string host_of(const std::string& server) {
  const Result<Address> address = Address::parse(server);
  return address.ok() ? address.value().ip : server.substr(0, server.rfind(':'));
}

// The certificates are for the name that the person has typed, wherever login_server sends us.
Status finish_tls(CommandLine& line) {
  ChatArguments& arguments = line.arguments;
  if (!line.tls) {
    if (arguments.tls_name.empty() && arguments.tls_ca.empty()) return {};
    return Error{"--ca and --tls-name need --tls"};
  }
  if (const Result<TlsContext> tls = TlsContext::client({.ca = arguments.tls_ca}); !tls.ok()) {
    return Error{tls.message()};
  }
  const std::string& server = line.server.empty() ? line.login_servers.front() : line.server;
  std::string& name = arguments.tls_name;
  if (name.empty()) name = host_of(server);
  if (name.ends_with('.')) name.pop_back();  // certificates have it without
  if (name.size() <= kMaxHostName && (!name.empty() && !name.ends_with('.'))) return {};
  return Error{"the name of the servers' certificates (--tls-name) is no host's name or address"};
}

Status finish(CommandLine& line) {
  ClientOptions& client = line.arguments.client;
  if (!line.password_file.empty()) {
    const Result<std::string> password = read_password(line.password_file);
    if (!password.ok()) return Error{password.message()};
    client.password = password.value();
  }
  if (line.login_servers.empty()) line.login_servers = {line.tls ? kDefaultTlsLogin : kDefaultLogin};
  if (Status status = finish_tls(line); !status.ok()) return status;
  for (const std::string& text : line.server.empty() ? line.login_servers : std::vector<std::string>{line.server}) {
    const Result<std::vector<Address>> addresses = resolve(text);
    if (!addresses.ok()) return Error{addresses.message()};
    if (!line.server.empty()) client.msg_server = addresses.value().front();
    client.login_servers.insert(client.login_servers.end(), addresses.value().begin(), addresses.value().end());
  }
  if (line.mobile) client.client_type = IM::BaseDefine::CLIENT_TYPE_ANDROID;
  for (const Status& status : {take_time("--timeout", line.timeout, line.arguments.timeout_ms),
                               take_time("--heartbeat", line.heartbeat, client.heartbeat_interval_ms),
                               take_time("--response-timeout", line.response_timeout, client.response_timeout_ms)}) {
    if (!status.ok()) return status;
  }
  for (const std::string& word : line.words) line.arguments.text += (line.arguments.text.empty() ? "" : " ") + word;
  if (!is_utf8(line.arguments.text)) return Error{"the text is not UTF-8"};
  return {};
}

void declare(CLI::App& app, CommandLine& line) {
  ChatArguments& arguments = line.arguments;
  app.add_option("--login", line.login_servers,
                 "A login_server; may stand several times (" + std::string(kDefaultLogin) + ")")
      ->type_name("HOST:PORT")
      ->expected(1)
      ->take_all();
  app.add_option("--server", line.server, "Go to this msg_server, without asking a login_server")
      ->type_name("HOST:PORT");
  app.add_option("--user", arguments.client.user, "Your login name")->required()->type_name("U");
  CLI::Option_group* password = app.add_option_group("Password", "One of these");
  password->add_option("--password", arguments.client.password, "As it is; others on this machine see it in ps")
      ->type_name("PW");
  password->add_option("--password-file", line.password_file, "The first line of this file; -: of the standard input")
      ->type_name("FILE");
  password->require_option(1);
  app.add_option("--heartbeat", line.heartbeat, "Send a heartbeat after so long a silence of ours (20s)")
      ->type_name("TIME");
  app.add_option("--response-timeout", line.response_timeout,
                 "Take a server for dead that owes an answer for so long, and sends nothing at all (15s)")
      ->type_name("TIME");
  app.add_flag("--tls", line.tls,
               "Encrypt everything; ports are then those for TLS (" + std::string(kDefaultTlsLogin) + ")");
  app.add_option("--ca", arguments.tls_ca, "With --tls: trust certificates of these issuers, not the system's")
      ->type_name("FILE");
  app.add_option("--tls-name", arguments.tls_name,
                 "With --tls: the name that servers' certificates have to be for (the first --login's host)")
      ->type_name("NAME");
  app.add_flag("--mobile", line.mobile, "Log in as a mobile client: one session of each class lives at a time");
  app.add_flag("--json", arguments.json, "With a subcommand: answer in JSON, one object a line");
  app.set_version_flag("--version", std::string("talkchat ") + TALKBEAT_VERSION, "Print the version, and end");
  app.set_help_flag("--help,-h", "Print this, and end");
  app.footer(kFooter);
}

CLI::App* declare_send(CLI::App& app, CommandLine& line) {
  CLI::App* send = app.add_subcommand("send", "Send one message; print its id once it is stored");
  CLI::Option_group* receiver = send->add_option_group("Receiver", "One of these");
  receiver->add_option("--to", line.arguments.to, "A user")->type_name("U");
  receiver->add_option("--group", line.arguments.group, "A group that you are in: its name or id")->type_name("G");
  receiver->require_option(1);
  send->add_option("--timeout", line.timeout, "Give up after this time (30s)")->type_name("TIME");
  send->add_option("TEXT", line.words, "What to say")->required();
  return send;
}

CLI::App* declare_recv(CLI::App& app, CommandLine& line) {
  CLI::App* recv = app.add_subcommand("recv", "Print messages, unread ones first, and mark them as read");
  recv->add_option("--count", line.arguments.count, "So many, then end")
      ->capture_default_str()
      ->check(CLI::Range(1u, 1'000'000'000u));
  recv->add_option("--timeout", line.timeout, "Exit code 1 where fewer came in this time (10s)")->type_name("TIME");
  return recv;
}

CLI::App* declare_send_file(CLI::App& app, CommandLine& line) {
  CLI::App* send =
      app.add_subcommand("sendfile", "Send a file; end when they have it, or the server keeps it for them");
  send->add_option("--to", line.arguments.to, "The receiver")->required()->type_name("U");
  CLI::Option* online = send->add_flag("--online", line.arguments.online_only, "Only where they are online");
  send->add_flag("--offline", line.arguments.offline_only, "Leave it at the server, even where they are online")
      ->excludes(online);
  send->add_option("--timeout", line.timeout, "Give up after this time (never)")->type_name("TIME");
  send->add_option("PATH", line.arguments.path, "The file")->required();
  return send;
}

CLI::App* declare_recv_file(CLI::App& app, CommandLine& line) {
  CLI::App* recv = app.add_subcommand("recvfile", "Receive files: those that wait at the server, then those offered");
  recv->add_option("--dir", line.arguments.directory, "Where they go; nothing is ever overwritten")
      ->capture_default_str()
      ->type_name("D")
      ->check(CLI::ExistingDirectory);
  recv->add_option("--count", line.arguments.count, "So many, then end")
      ->capture_default_str()
      ->check(CLI::Range(1u, 1'000'000'000u));
  recv->add_option("--timeout", line.timeout, "Exit code 1 where fewer came in this time (60s)")->type_name("TIME");
  return recv;
}

CLI::App* declare_groups(CLI::App& app, CommandLine& line) {
  CLI::App* groups = app.add_subcommand("groups", "List the groups that you are in: id, name, members");
  groups->add_option("--timeout", line.timeout, "Give up after this time (30s)")->type_name("TIME");
  return groups;
}

int run(int argc, const char* const* argv) {
  CommandLine line;
  CLI::App app("Talk over TalkBeat, by hand or from a script.", "talkchat");
  declare(app, line);
  CLI::App* send = declare_send(app, line);
  CLI::App* recv = declare_recv(app, line);
  CLI::App* send_file = declare_send_file(app, line);
  CLI::App* recv_file = declare_recv_file(app, line);
  CLI::App* groups = declare_groups(app, line);
  app.add_option("--to", line.arguments.to, "Begin by writing to this user, or #GROUP")->type_name("U");
  app.require_subcommand(0, 1);
  app.fallthrough();
  for (CLI::App* command : {send, recv, send_file, recv_file, groups}) command->fallthrough();
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wish) {
    return app.exit(wish);  // --help, --version
  } catch (const CLI::ParseError& error) {
    return fail(std::string(error.what()) + " (try talkchat --help)");
  }
  if (line.timeout.empty() && !send_file->parsed()) {
    line.timeout = recv->parsed() ? "10s" : recv_file->parsed() ? "60s" : "30s";
  }
  if (const Status status = finish(line); !status.ok()) return fail(status.message());
  LogConfig log;
  log.level = LogLevel::kError;
  if (const Status status = configure_logging(log); !status.ok()) return fail(status.message());
  if (send->parsed()) return SendCommand(line.arguments).run();
  if (recv->parsed()) return RecvCommand(line.arguments).run();
  if (send_file->parsed()) return SendFileCommand(line.arguments).run();
  if (recv_file->parsed()) return RecvFileCommand(line.arguments).run();
  if (groups->parsed()) return GroupsCommand(line.arguments).run();
  return Chat(line.arguments).run();
}

}  // namespace
}  // namespace talkbeat

int main(int argc, char** argv) {
  return talkbeat::run(argc, argv);
}
