#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "tools/talkctl/admin_client.h"

namespace talkbeat {

inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

/// What all commands share of the command line: filled while it is parsed, read when the chosen command runs.
struct CommandLine {
  std::string dir = "run";
  bool json = false;
  /// What the command that was named is to do; returns the exit code.
  std::function<int()> chosen;
};

/// One line on stderr, and the exit code.
int fail(const std::string& why, int exit_code = kExitFailed);
/// The same for what a command has come to.
int exit_code_of(const Status& done);

/// A command below `parent`, which runs `action` when it is the one that was named. `--dir` and `--json` may stand
/// behind it, too.
CLI::App* add_command(CLI::App& parent, CommandLine& line, const char* name, const char* purpose,
                      std::function<int()> action);
/// One that only holds others: `talkctl group …`.
CLI::App* add_family(CLI::App& parent, const char* name, const char* purpose);

/// Runs a command that needs the administration API of a running cluster.
std::function<int()> with_admin(CommandLine& line, std::function<Status(const AdminClient&)> command);

// Each declares its commands; what they are given lives as long as the program's command line does.
void declare_groups(CLI::App& app, CommandLine& line);
void declare_departments(CLI::App& app, CommandLine& line);
void declare_messages(CLI::App& app, CommandLine& line);
void declare_online(CLI::App& app, CommandLine& line);
void declare_top(CLI::App& app, CommandLine& line);
void declare_ledger(CLI::App& app, CommandLine& line);

}  // namespace talkbeat
