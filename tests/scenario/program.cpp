#include "tests/scenario/program.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
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

// `in` -1: an empty one.
pid_t spawn(const std::vector<std::string>& arguments, int in, int out, int err) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (in >= 0) {
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  } else {
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw Unexpected(arguments[0] + ": " + std::strerror(error));
  return pid;
}

}  // namespace

Program::Program(const std::vector<std::string>& arguments, Input input) {
  for (const std::string& argument : arguments) shown_ += (shown_.empty() ? "" : " ") + argument;
  const Pipe out = make_pipe();
  const Pipe err = make_pipe();
  int typed[2] = {-1, -1};  // not a pipe: writing to a program that has ended must not end us
  if (input == Input::kTyped && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, typed) != 0) {
    throw Unexpected(std::string("socketpair: ") + std::strerror(errno));
  }
  pid_ = spawn(arguments, typed[1], out.write_end, err.write_end);
  in_ = typed[0];
  if (typed[1] >= 0) close(typed[1]);
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
  for (const int fd : {in_, out_, err_}) {
    if (fd >= 0) close(fd);
  }
}

void Program::type(const std::string& line) const {
  const std::string bytes = line + "\n";
  send(in_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

void Program::end_input() {
  shutdown(in_, SHUT_WR);
}

const std::string& Program::written() {
  pollfd ready{out_, POLLIN, 0};
  while (out_ >= 0 && poll(&ready, 1, 0) > 0) drain(out_, outcome_.out);
  return outcome_.out;
}

Outcome Program::wait(milliseconds timeout) {
  const Deadline deadline(timeout);
  Outcome& outcome = outcome_;
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
  return std::move(outcome);
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
