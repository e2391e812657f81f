#include "tests/scenario/loop_lag.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "tests/scenario/figures.h"

namespace talkbeat::scenario {
namespace {

constexpr milliseconds kLookEvery = 50ms;
constexpr size_t kHalfASecond = 10;  // looks: a report is up to 200 ms old, and tells of as many before it
constexpr milliseconds kNextReport = 400ms;

}  // namespace

LoopLag::LoopLag(const Cluster& cluster, const MachineWatch& machine, std::string server)
    : cluster_(cluster),
      machine_(machine),
      server_(std::move(server)),
      thread_([this](const std::stop_token& over) { watch(over); }) {
  std::this_thread::sleep_for(kNextReport);
  counting_ = true;
}

void LoopLag::watch(const std::stop_token& over) {
  std::deque<milliseconds> lost;
  while (!over.stop_requested()) {
    const bool counts = counting_;
    const auto lag = reported();
    lost.push_back(machine_.lost_by_loop());
    if (lost.size() > kHalfASecond) lost.pop_front();
    if (lag && counts) {
      worst_ = std::max(worst_.load(), *lag - static_cast<double>((lost.back() - lost.front()).count()));
      ++seen_;
    }
    std::this_thread::sleep_for(kLookEvery);
  }
}

// Nothing: it did not tell this time.
std::optional<double> LoopLag::reported() const {
  try {
    return figure(cluster_, server_, "talkbeat_loop_lag_ms");
  } catch (const Unexpected&) {
    return std::nullopt;
  }
}

double LoopLag::worst_ms() {
  std::this_thread::sleep_for(kNextReport);
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  if (seen_ == 0) throw Unexpected(server_ + " has not told how late its loop is");
  return worst_;
}

}  // namespace talkbeat::scenario
