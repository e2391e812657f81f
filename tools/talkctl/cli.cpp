#include "tools/talkctl/cli.h"

#include <iostream>
#include <utility>

#include "tools/client/terminal_text.h"

namespace talkbeat {

int fail(const std::string& why, int exit_code) {
  std::cerr << "talkctl: " << printable(why) << "\n";
  return exit_code;
}

int exit_code_of(const Status& done) {
  return done.ok() ? 0 : fail(done.message());
}

CLI::App* add_command(CLI::App& parent, CommandLine& line, const char* name, const char* purpose,
                      std::function<int()> action) {
  CLI::App* command = parent.add_subcommand(name, purpose);
  command->fallthrough();
  command->callback([&line, action = std::move(action)] { line.chosen = action; });
  return command;
}

CLI::App* add_family(CLI::App& parent, const char* name, const char* purpose) {
  CLI::App* family = parent.add_subcommand(name, purpose);
  family->require_subcommand(1);
  family->fallthrough();
  return family;
}

std::function<int()> with_admin(CommandLine& line, std::function<Status(const AdminClient&)> command) {
  return [&line, command = std::move(command)] {
    const Result<AdminClient> admin = AdminClient::open(line.dir);
    return admin.ok() ? exit_code_of(command(admin.value())) : fail(admin.message());
  };
}

}  // namespace talkbeat
