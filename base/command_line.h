#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/options.h"
#include "base/private_file.h"
#include "base/status.h"

namespace talkbeat {

/// What --help says about a server beyond what all have in common.
struct ServerDescription {
  std::string name;     // "msg_server"
  std::string purpose;  // a sentence or two: what it is for, whom it talks to
  std::string example;  // one command line that makes sense
};

/// What stood on the command line.
struct ServerArguments {
  std::string config_path;             // empty: built-in defaults
  std::vector<std::string> overrides;  // "section.key=value", in order
  bool print_config = false;
  bool check_config = false;
};

constexpr int kExitUsage = 2;

/// The arguments; or nothing, with the exit code in `exit_code`: 0 after --help and --version, which have been printed
/// to stdout, 2 after a wrong flag, which has been named on stderr.
std::optional<ServerArguments> parse_arguments(int argc, const char* const* argv, const ServerDescription& server,
                                               int& exit_code);

/// The beginning of both servers' main(), before any thread is started: reads the command line, fills the table from
/// file and --set, and looks whether the secret files that the settings name may be relied upon. What the process makes
/// from then on is nothing for other users than its own and its group. Returns the exit code where the process is to
/// end here, having said why in one line on stderr.
///
///   MsgServerConfig config;
///   OptionTable table = describe(config);
///   const auto secrets = [&config] { return secret_files(config); };
///   if (const auto exit_code = prepare(argc, argv, kDescription, table, secrets)) return *exit_code;
std::optional<int> prepare(int argc, const char* const* argv, const ServerDescription& server, OptionTable& table,
                           const std::function<std::vector<SecretFile>()>& secrets = nullptr);

/// A warning in the log, where this process runs as root: a mistake in it would then be one in the whole machine.
void warn_of_root();

}  // namespace talkbeat
