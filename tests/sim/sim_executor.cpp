#include "tests/sim/sim_executor.h"

#include <algorithm>
#include <utility>

namespace talkbeat::sim {

namespace {

constexpr Tick kLatest = 1'000;

}  // namespace

SimExecutor::SimExecutor(SimProcess& process, const WorkPace& pace, size_t max_queue, std::function<void()> done)
    : process_(process), pace_(pace), max_queue_(max_queue), on_done_(std::move(done)) {}

bool SimExecutor::try_submit(Job job) {
  if (busy_ && queue_.size() >= max_queue_) return false;
  queue_.push_back(std::move(job));
  if (!busy_) start_next();
  return true;
}

void SimExecutor::start_next() {
  if (queue_.empty()) return;
  busy_ = true;
  done_ = false;
  job_ = std::move(queue_.front());
  queue_.pop_front();
  process_.scheduler().after(process_.rng().between(0, 2 * pace_.before_ms), process_.owner(), [this] { run(); });
}

void SimExecutor::run() {
  const Tick not_before = std::max(pace_.stalled_until, process_.paused_until());
  if (process_.scheduler().now() < not_before) {
    process_.scheduler().at(not_before, process_.owner(), [this] { run(); });
    return;
  }
  Task result = std::exchange(job_, {})();
  done_ = true;
  if (on_done_) on_done_();
  const bool late = pace_.late > 0 && process_.rng().chance(pace_.late);
  const Tick time = process_.rng().between(0, late ? kLatest : 2 * pace_.after_ms);
  result_ = std::move(result);
  process_.scheduler().after(time, process_.owner(), [this] { finish(std::exchange(result_, {})); });
}

void SimExecutor::finish(Task result) {
  busy_ = false;
  if (result) process_.loop().post(std::move(result));
  start_next();
}

}  // namespace talkbeat::sim
