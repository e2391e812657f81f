#include "tools/talkload/pace_timer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "base/check.h"

namespace talkbeat::load {

namespace {

constexpr uint64_t kNsPerSecond = 1'000'000'000;

int make_timer() {
  const int fd = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  CHECK(fd >= 0);
  return fd;
}

}  // namespace

PaceTimer::PaceTimer(EventLoop& loop, std::function<void()> on_due)
    : loop_(loop), on_due_(std::move(on_due)), fd_(make_timer()), watch_(loop.watch(fd_, Interest::kRead, *this)) {}

PaceTimer::~PaceTimer() {
  loop_.unwatch(fd_, watch_);
  ::close(fd_);
}

void PaceTimer::wake_at(uint64_t when_ns) {
  when_ns = std::max<uint64_t>(when_ns, 1);  // 0 would disarm it
  itimerspec spec{};
  spec.it_value.tv_sec = static_cast<time_t>(when_ns / kNsPerSecond);
  spec.it_value.tv_nsec = static_cast<long>(when_ns % kNsPerSecond);
  CHECK(::timerfd_settime(fd_, TFD_TIMER_ABSTIME, &spec, nullptr) == 0);
}

void PaceTimer::on_ready(bool readable, bool /*writable*/) {
  uint64_t expirations = 0;
  if (!readable || ::read(fd_, &expirations, sizeof expirations) < 0) return;
  on_due_();
}

}  // namespace talkbeat::load
