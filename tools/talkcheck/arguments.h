#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/talkcheck/context.h"
#include "tools/talkcheck/report.h"

namespace talkbeat::check {

/// What stood on the command line.
struct Arguments {
  Targets targets;
  std::vector<Account> accounts;
  Timings timings;
  std::vector<std::string> only;
  bool list = false;
  bool json = false;
  // talkcheck client
  Address listen;
  std::string exec;
};

inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

/// One line on stderr.
int fail(const std::string& why, int exit_code = kExitFailed);

/// Whether --only means this behaviour: by any part of its name, or a pattern with * and ?. Without --only, it does.
bool chosen(const Arguments& arguments, const std::string& name);
/// After none was chosen; returns the exit code.
int fail_unknown_name(const Arguments& arguments);

/// The result on stdout; returns the exit code.
int report(const Arguments& arguments, const std::vector<Row>& rows);

/// The modes. Each returns the exit code.
int check_servers(const Arguments& arguments);
int check_client(const Arguments& arguments);

}  // namespace talkbeat::check
