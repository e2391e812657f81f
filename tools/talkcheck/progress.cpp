#include "tools/talkcheck/progress.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>

namespace talkbeat::check {

namespace {

constexpr Tick kRefreshMs = 500;
constexpr const char* kClearLine = "\r\x1b[K";

}  // namespace

Progress::Progress(EventLoop& loop, const std::vector<Row>& rows, Tick expected)
    : loop_(loop),
      rows_(rows),
      begin_(loop.now()),
      expected_(expected),
      terminal_(::isatty(STDERR_FILENO) == 1),
      timer_(loop.timers(), [this] { show(); }) {
  if (terminal_) timer_.start_every(kRefreshMs);
}

Progress::~Progress() {
  if (terminal_) std::cerr << kClearLine << std::flush;
}

void Progress::show() const {
  const size_t failed = count(rows_, Mark::kFailed);
  const size_t done = count(rows_, Mark::kPassed) + failed;
  const size_t all = rows_.size() - count(rows_, Mark::kOff);
  const Tick passed = (loop_.now() - begin_) / 1000;
  std::cerr << kClearLine << done << " of " << all << " done, " << failed << " failed, " << passed << " s";
  if (expected_ > 0) std::cerr << " of about " << std::max(passed, expected_ / 1000 + 1);
  const auto running = std::ranges::find(rows_, Mark::kRunning, &Row::mark);
  if (running != rows_.end()) std::cerr << "; " << running->name << " …";
  std::cerr << std::flush;
}

}  // namespace talkbeat::check
