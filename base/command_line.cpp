#include "base/command_line.h"

#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "base/log.h"

namespace talkbeat {
namespace {

// Logs hold names and addresses, images are for whom they were sent to. A group may read them: of those who look after
// the servers.
constexpr mode_t kNotForOthers = S_IWGRP | S_IRWXO;

constexpr const char* kFooter = R"(
Signals:
  SIGHUP         reads the configuration again; what cannot change while running is named in the log
  SIGTERM        leaves in good order; a second one, or SIGINT, leaves at once

Exit codes:
  0  left in good order      2  wrong flag, file or setting; one line on stderr says which
  1  could not start or go on; the last line on stderr or in the log says why

Every setting, with its unit, range and default: )";

std::string footer(const ServerDescription& server) {
  return "Examples:\n  " + server.example + "\n  " + server.name + " --config my.toml --set log.level=debug\n  " +
         server.name + " --print-config > my.toml\n" + kFooter + server.name + " --print-config\n";
}

void declare(CLI::App& app, const ServerDescription& server, ServerArguments& arguments) {
  app.option_defaults()->configurable(false);
  app.add_option("--config", arguments.config_path, "Read the settings from this TOML file; without it, the defaults")
      ->type_name("FILE");
  app.add_option("--set", arguments.overrides, "Change one setting over the file; may stand several times")
      ->type_name("section.key=value")
      ->expected(1)
      ->take_all();
  app.add_flag("--print-config", arguments.print_config, "Print all settings as a commented TOML file, and end");
  app.add_flag("--check-config", arguments.check_config, "Check file and --set, say what is wrong, and end");
  app.set_version_flag("--version", server.name + " " + TALKBEAT_VERSION, "Print the version, and end");
  app.set_help_flag("--help,-h", "Print this, and end");
  app.footer(footer(server));
}

int fail(const ServerDescription& server, std::string message) {
  std::replace(message.begin(), message.end(), '\n', ' ');
  std::cerr << server.name << ": " << message << "\n";
  return kExitUsage;
}

}  // namespace

std::optional<ServerArguments> parse_arguments(int argc, const char* const* argv, const ServerDescription& server,
                                               int& exit_code) {
  ServerArguments arguments;
  CLI::App app(server.purpose, server.name);
  declare(app, server, arguments);
  exit_code = 0;
  try {
    app.parse(argc, argv);
    return arguments;
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
  } catch (const CLI::CallForVersion& version) {
    std::cout << version.what() << "\n";
  } catch (const CLI::ParseError& error) {
    exit_code = fail(server, std::string(error.what()) + " (try " + server.name + " --help)");
  }
  return std::nullopt;
}

std::optional<int> prepare(int argc, const char* const* argv, const ServerDescription& server, OptionTable& table,
                           const std::function<std::vector<SecretFile>()>& secrets) {
  int exit_code = 0;
  const auto arguments = parse_arguments(argc, argv, server, exit_code);
  if (!arguments) return exit_code;
  const Status status = table.load(arguments->config_path, arguments->overrides);
  if (!status.ok()) return fail(server, status.message());
  if (arguments->print_config) {
    table.print(std::cout);
    return std::cout.flush() ? 0 : fail(server, "stdout cannot be written");
  }
  // --check-config may come before the keys are made.
  const Status trusted = secrets ? check_secrets(secrets(), arguments->check_config) : Status();
  if (!trusted.ok()) return fail(server, trusted.message());
  if (arguments->check_config) {
    std::cout << "the configuration is right\n";
    return 0;
  }
  ::umask(::umask(0) | kNotForOthers);
  return std::nullopt;
}

void warn_of_root() {
  if (::geteuid() != 0) return;
  log_warn("running_as_root", {{"do", "start it as a user of its own: tools/systemd/ has units that do"}});
}

}  // namespace talkbeat
