#include "tests/sim/scheduler.h"

#include <algorithm>
#include <utility>

namespace talkbeat::sim {

Scheduler::Owner Scheduler::add_owner() {
  alive_.push_back(true);
  return static_cast<Owner>(alive_.size() - 1);
}

void Scheduler::at(Tick when, Owner owner, Task task) {
  heap_.push_back({std::max(when, now_), ++number_, owner, std::move(task)});
  std::push_heap(heap_.begin(), heap_.end(), Later());
}

void Scheduler::run_until(Tick end) {
  while (!stopped_ && !heap_.empty() && heap_.front().at <= end) {
    std::pop_heap(heap_.begin(), heap_.end(), Later());
    const Event event = std::move(heap_.back());
    heap_.pop_back();
    now_ = event.at;
    if (!alive_[event.owner]) continue;
    ++steps_;
    event.task();
  }
  if (!stopped_) now_ = std::max(now_, end);
}

}  // namespace talkbeat::sim
