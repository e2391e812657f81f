#include "tests/scenario/program.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <sstream>

namespace talkbeat::scenario {
namespace {

struct Pipe {
  int read_end = -1;
  int write_end = -1;
};

Pipe make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw Unexpected(std::string("pipe: ") + std::strerror(errno));
  return {ends[0], ends[1]};
}

pid_t spawn(const std::vector<std::string>& arguments, int out, int err) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw Unexpected(arguments[0] + ": " + std::strerror(error));
  return pid;
}

}  // namespace

Program::Program(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) shown_ += (shown_.empty() ? "" : " ") + argument;
  const Pipe out = make_pipe();
  const Pipe err = make_pipe();
  pid_ = spawn(arguments, out.write_end, err.write_end);
  close(out.write_end);
  close(err.write_end);
  out_ = out.read_end;
  err_ = err.read_end;
}

Program::~Program() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (out_ >= 0) close(out_);
  if (err_ >= 0) close(err_);
}

Outcome Program::wait(milliseconds timeout) {
  const Deadline deadline(timeout);
  Outcome outcome;
  while (out_ >= 0 || err_ >= 0) {
    pollfd both[] = {{out_, POLLIN, 0}, {err_, POLLIN, 0}};
    poll(both, 2, deadline.left_for_poll());
    if (deadline.passed()) throw Unexpected(shown_ + ": did not end in time; so far: " + outcome.out + outcome.err);
    if (both[0].revents != 0) drain(out_, outcome.out);
    if (both[1].revents != 0) drain(err_, outcome.err);
  }
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

// At the end of the stream the descriptor is closed and -1.
void Program::drain(int& fd, std::string& into) {
  char buffer[4096];
  const ssize_t count = read(fd, buffer, sizeof buffer);
  if (count > 0) {
    into.append(buffer, static_cast<size_t>(count));
    return;
  }
  close(fd);
  fd = -1;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

}  // namespace talkbeat::scenario
