#include "tests/scenario/machine_watch.h"

#include <fcntl.h>
#include <unistd.h>

#include <sstream>

#include "tests/scenario/cluster.h"

namespace talkbeat::scenario {
namespace {

constexpr milliseconds kPause = 10ms;
constexpr milliseconds kOrdinary = 5ms;  // so late is everybody

// How long a thread has been ready without running: the second figure of schedstat, in nanoseconds.
std::chrono::nanoseconds time_in_queue(const std::filesystem::path& thread) {
  std::istringstream figures(contents(thread / "schedstat"));
  int64_t ran = 0;
  int64_t waited = 0;
  figures >> ran >> waited;
  return std::chrono::nanoseconds(figures ? waited : 0);
}

std::filesystem::path tasks_of(pid_t pid) {
  return "/proc/" + std::to_string(pid) + "/task";
}

std::chrono::nanoseconds loops_time_in_queue(pid_t pid) {
  return time_in_queue(tasks_of(pid) / std::to_string(pid));
}

std::chrono::nanoseconds time_in_queue(pid_t pid) {
  const std::filesystem::path tasks = tasks_of(pid);
  std::chrono::nanoseconds sum = loops_time_in_queue(pid);
  std::error_code gone;
  for (const auto& thread : std::filesystem::directory_iterator(tasks, gone)) {
    if (contents(thread.path() / "comm").starts_with("store_write")) sum += time_in_queue(thread.path());
  }
  return sum;
}

}  // namespace

MachineWatch::MachineWatch(const std::filesystem::path& directory, pid_t pid)
    : pid_(pid), file_(open((directory / "probe").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) {
  if (file_ < 0) throw Unexpected("no file can be made in " + directory.string());
  thread_ = std::thread([this] { watch(); });
}

MachineWatch::~MachineWatch() {
  ending_ = true;
  thread_.join();
  close(file_);
}

void MachineWatch::watch() {
  while (!ending_) {
    // A full disk is the test's own doing.
    if (pwrite(file_, "probe", 5, 0) == 5) fdatasync(file_);
    std::this_thread::sleep_for(kPause);
    const auto now = Clock::now();
    const std::lock_guard lock(mutex_);
    lost_ += overdue(now);
    round_began_ = now;
  }
}

MachineWatch::Clock::duration MachineWatch::overdue(Clock::time_point now) const {
  return std::max(Clock::duration::zero(), now - round_began_ - kPause - kOrdinary);
}

milliseconds MachineWatch::lost() const {
  const auto queued = time_in_queue(pid_) + time_in_queue(std::filesystem::path("/proc/thread-self"));
  const std::lock_guard lock(mutex_);
  return std::chrono::floor<milliseconds>(lost_ + overdue(Clock::now()) + queued);
}

milliseconds MachineWatch::lost_by_loop() const {
  const auto queued = loops_time_in_queue(pid_);
  const std::lock_guard lock(mutex_);
  return std::chrono::floor<milliseconds>(lost_ + overdue(Clock::now()) + queued);
}

}  // namespace talkbeat::scenario
