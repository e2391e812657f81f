#include <sys/resource.h>

#include "tools/talkload/load_run.h"

namespace {

// As many as the system allows without asking.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  int exit_code = 0;
  const auto options = talkbeat::load::parse_command_line(argc, argv, exit_code);
  if (!options) return exit_code;
  raise_descriptor_limit();
  return talkbeat::load::run_load(*options, argc, argv);
}
