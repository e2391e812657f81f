#include "tests/sim/scheduler.h"

#include <algorithm>
#include <utility>

namespace talkbeat::sim {

Scheduler::Owner Scheduler::add_owner() {
  alive_.push_back(true);
  return static_cast<Owner>(alive_.size() - 1);
}

void Scheduler::at(Tick when, Owner owner, Task task) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<uint32_t>(events_.size()));
    events_.emplace_back();
  }
  const uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  events_[slot] = {owner, std::move(task)};
  heap_.push_back({std::max(when, now_), ++number_, slot});
  std::push_heap(heap_.begin(), heap_.end(), Later());
}

void Scheduler::run_until(Tick end) {
  while (!stopped_ && !heap_.empty() && heap_.front().at <= end) {
    std::pop_heap(heap_.begin(), heap_.end(), Later());
    const Due due = heap_.back();
    heap_.pop_back();
    const Event event = std::exchange(events_[due.slot], {});
    free_slots_.push_back(due.slot);
    now_ = due.at;
    if (!alive_[event.owner]) continue;
    ++steps_;
    event.task();
  }
  if (!stopped_) now_ = std::max(now_, end);
}

}  // namespace talkbeat::sim
