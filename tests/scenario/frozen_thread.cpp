#include "tests/scenario/frozen_thread.h"

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
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

bool is_idle(const std::filesystem::path& thread) {
  const std::string call = contents(thread / "syscall");
  return std::ranges::any_of(std::array{SYS_futex, SYS_epoll_wait, SYS_epoll_pwait},
                             [&](long number) { return call.starts_with(std::to_string(number) + " "); });
}

void check(const char* call, long result) {
  if (result < 0) throw Unexpected(std::string(call) + ": " + std::strerror(errno) + " (needs root or CAP_SYS_PTRACE)");
}

}  // namespace

FrozenThread::FrozenThread(pid_t pid, const std::string& name) : tid_(thread_of(pid, name)) {
  wait_until(name + " is idle", [&] { return is_idle(task(pid) / std::to_string(tid_)); });
  check("PTRACE_SEIZE", ptrace(PTRACE_SEIZE, tid_, nullptr, nullptr));
  check("PTRACE_INTERRUPT", ptrace(PTRACE_INTERRUPT, tid_, nullptr, nullptr));
  check("waitpid", waitpid(tid_, nullptr, __WALL));
}

FrozenThread::~FrozenThread() {
  ptrace(PTRACE_DETACH, tid_, nullptr, nullptr);
}

}  // namespace talkbeat::scenario
