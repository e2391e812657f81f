#include "tests/bench/floors/wake_lag.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

namespace talkbeat::bench {

namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

std::vector<pid_t> start_computing(uint32_t processes) {
  std::vector<pid_t> started;
  for (uint32_t i = 0; i < processes; ++i) {
    const pid_t process = ::fork();
    if (process == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      for (volatile uint64_t count = 0;;) count = count + 1;
    }
    if (process > 0) started.push_back(process);
  }
  return started;
}

}  // namespace

WakeFigures measure_wake_lag(const WakeLoad& load) {
  const std::vector<pid_t> beside = start_computing(load.beside);
  const auto every = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(load.every_s));
  const auto end =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(load.duration_s));
  std::vector<double> late_ms;
  for (auto due = Clock::now() + every; due < end; due = Clock::now() + every) {
    std::this_thread::sleep_until(due);
    late_ms.push_back(Milliseconds(Clock::now() - due).count());
  }
  for (const pid_t process : beside) ::kill(process, SIGKILL);
  for (const pid_t process : beside) ::waitpid(process, nullptr, 0);
  if (late_ms.empty()) return {};
  std::ranges::sort(late_ms);
  return {late_ms.size(), late_ms[late_ms.size() * 99 / 100], late_ms.back()};
}

}  // namespace talkbeat::bench
