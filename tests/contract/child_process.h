#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <functional>

namespace talkbeat {

/// A forked process that runs `work` and reports numbers through a pipe. Killed at the end, if it still lives.
///
///   ChildProcess child([](const ChildProcess::Report& report) { report(42); });
///   uint64_t number = 0;
///   while (child.read(number)) …          // false: the child has ended
class ChildProcess {
 public:
  using Report = std::function<void(uint64_t)>;

  explicit ChildProcess(const std::function<void(const Report&)>& work) {
    int ends[2];
    if (::pipe(ends) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) run(ends[1], work);
    ::close(ends[1]);
    pipe_ = ends[0];
  }
  ~ChildProcess() {
    kill();
    ::close(pipe_);
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  bool read(uint64_t& number) const { return ::read(pipe_, &number, sizeof number) == sizeof number; }

  /// The exit status; -1 where a signal ended it.
  int wait() {
    int status = 0;
    if (pid_ > 0) ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    wait();
  }

 private:
  [[noreturn]] static void run(int fd, const std::function<void(const Report&)>& work) {
    work([fd](uint64_t number) {
      if (::write(fd, &number, sizeof number) != sizeof number) ::_exit(2);
    });
    ::_exit(0);  // not the parent's atexit handlers
  }

  pid_t pid_ = -1;
  int pipe_ = -1;
};

}  // namespace talkbeat
