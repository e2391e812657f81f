#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/scenario/program.h"

namespace talkbeat::scenario {

/// strace on all threads of a running process, from constructor to destructor: makes its system calls fail as told.
/// Needs strace and the right to trace (root, or CAP_SYS_PTRACE); throws, naming that, where it does not begin. A
/// traced process is slow, and LeakSanitizer cannot work in one: let go of it before it ends.
///
///   Tracer tracer(cluster.pid("msg_server_0"), {"recvfrom,sendmsg:error=EINTR:when=3+5"});
class Tracer {
 public:
  /// `faults`: what stands behind strace's --inject=
  Tracer(pid_t pid, const std::vector<std::string>& faults);
  /// The process goes on without it.
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  /// How many calls it has made fail so far, by what it has written: a line for each.
  size_t injected() const;

 private:
  static std::vector<std::string> command(const std::string& out, pid_t pid, const std::vector<std::string>& faults);

  pid_t pid_;
  std::string out_;
  Program strace_;
};

}  // namespace talkbeat::scenario
