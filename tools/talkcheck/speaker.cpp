#include "tools/talkcheck/speaker.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <iostream>
#include <utility>

extern char** environ;

namespace talkbeat::check {

Status Speaker::start(const std::string& command) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return Error{std::string("no pipe: ") + std::strerror(errno)};
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_adddup2(&files, pipe[0], STDIN_FILENO);
  ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  // A group of its own, to be ended with all that it starts; and none of the signals that are blocked or ignored here.
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  sigset_t signals;
  ::sigemptyset(&signals);
  ::posix_spawnattr_setsigmask(&attributes, &signals);
  ::sigaddset(&signals, SIGPIPE);
  ::posix_spawnattr_setsigdefault(&attributes, &signals);
  const std::string shell = "/bin/sh";
  std::array<std::string, 3> words{shell, "-c", command};
  const std::array<char*, 4> argv{words[0].data(), words[1].data(), words[2].data(), nullptr};
  const int error = ::posix_spawn(&pid_, shell.c_str(), &files, &attributes, argv.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  ::close(pipe[0]);
  stdin_ = pipe[1];
  if (error == 0) return {};
  pid_ = 0;
  return Error{command + ": " + std::strerror(error)};
}

Speaker::~Speaker() {
  stop();
}

void Speaker::stop() {
  if (stdin_ >= 0) ::close(std::exchange(stdin_, -1));
  if (pid_ <= 0) return;
  ::kill(-pid_, SIGKILL);
  ::waitpid(std::exchange(pid_, 0), nullptr, 0);
}

void Speaker::say_something() {
  if (pid_ <= 0) {
    std::cerr << "talkcheck: let the client send a message to the user \"talkcheck\" now\n";
    return;
  }
  const std::string line = "line " + std::to_string(++lines_) + "\n";
  (void)!::write(stdin_, line.data(), line.size());  // where it has ended, no message comes, and the table says so
}

}  // namespace talkbeat::check
