#include "tests/scenario/frozen_thread.h"

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>

#include "tests/scenario/cluster.h"

namespace talkbeat::scenario {
namespace {

std::filesystem::path task(pid_t pid) {
  return "/proc/" + std::to_string(pid) + "/task";
}

pid_t thread_of(pid_t pid, const std::string& name) {
  for (const auto& thread : std::filesystem::directory_iterator(task(pid))) {
    if (contents(thread.path() / "comm").starts_with(name)) return std::stoi(thread.path().filename());
  }
  throw Unexpected("no thread is called " + name);
}

void check(const char* call, long result) {
  if (result < 0) throw Unexpected(std::string(call) + ": " + std::strerror(errno) + " (needs root or CAP_SYS_PTRACE)");
}

}  // namespace

FrozenThread::FrozenThread(pid_t pid, const std::string& name) : tid_(thread_of(pid, name)) {
  const std::string waiting = std::to_string(SYS_futex) + " ";
  wait_until(name + " is idle",
             [&] { return contents(task(pid) / std::to_string(tid_) / "syscall").starts_with(waiting); });
  check("PTRACE_SEIZE", ptrace(PTRACE_SEIZE, tid_, nullptr, nullptr));
  check("PTRACE_INTERRUPT", ptrace(PTRACE_INTERRUPT, tid_, nullptr, nullptr));
  check("waitpid", waitpid(tid_, nullptr, __WALL));
}

FrozenThread::~FrozenThread() {
  ptrace(PTRACE_DETACH, tid_, nullptr, nullptr);
}

}  // namespace talkbeat::scenario
