#include "base/event_loop.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace talkbeat {

namespace {

// After a stall, sockets are read for at most this many rounds before timers run: a peer that never stops sending must
// not keep others from being judged.
constexpr int kRoundsAfterStall = 64;

uint32_t slot_of(uint64_t token) {
  return static_cast<uint32_t>(token);
}

uint32_t generation_of(uint64_t token) {
  return static_cast<uint32_t>(token >> 32);
}

}  // namespace

EventLoop::EventLoop(Clock& clock, Transport& transport)
    : clock_(clock), transport_(transport), now_(clock.now()), timers_(now_) {}

void EventLoop::run() {
  now_ = clock_.now();  // building the parts was no stall
  while (!told_to_stop()) turn(-1);
}

bool EventLoop::told_to_stop() {
  if (!told_.load(std::memory_order_acquire)) return false;
  const std::lock_guard lock(mutex_);
  if (posted_.empty()) told_.store(false, std::memory_order_relaxed);
  return std::exchange(stopping_, false);
}

void EventLoop::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    told_.store(true, std::memory_order_release);
  }
  transport_.wake();
}

void EventLoop::turn(Tick max_wait) {
  const Tick done = clock_.now();
  const Tick wait_ms = time_to_wait(max_wait, done);
  const Tick worked = done - now_;
  collect_ready(wait_ms);
  const Tick woke = clock_.now();
  const Tick overslept = wait_ms < 0 ? 0 : std::max<Tick>(0, woke - now_ - worked - wait_ms);
  now_ = woke;

  timers_.move_to(now_);  // delays count from this turn, not from the last one

  const Tick late = worked + overslept;
  worst_lag_ = std::max(worst_lag_, late);
  const bool stalled = late >= kStallThreshold;
  if (stalled) {
    for (TurnHandler* handler : turn_handlers_) handler->on_stall(late);
  }
  dispatch_ready();
  if (stalled) read_what_waits();
  run_posted();
  timers_.run_due();
  for (TurnHandler* handler : turn_handlers_) handler->on_turn_end();
  flush_log();
}

Tick EventLoop::next_due() const {
  return told_.load(std::memory_order_acquire) ? now_ : timers_.next_due();
}

Tick EventLoop::time_to_wait(Tick max_wait, Tick present) const {
  const Tick due = next_due();
  if (due == TimerList::kNever) return max_wait;
  const Tick until_due = std::max<Tick>(0, due - present);
  return max_wait < 0 ? until_due : std::min(max_wait, until_due);
}

void EventLoop::collect_ready(Tick wait_ms) {
  transport_.wait(wait_ms, ready_);
  ++batch_;
}

void EventLoop::dispatch_ready() {
  for (const Readiness& ready : ready_) {
    const Slot& slot = slots_[slot_of(ready.token)];
    if (slot.handler == nullptr || slot.generation != generation_of(ready.token)) continue;
    slot.handler->on_ready(ready.readable, ready.writable);
  }
}

void EventLoop::read_what_waits() {
  for (int round = 0; round < kRoundsAfterStall; ++round) {
    collect_ready(0);
    if (ready_.empty()) return;
    dispatch_ready();
  }
}

void EventLoop::run_posted() {
  if (!told_.load(std::memory_order_acquire)) return;
  std::vector<Task> tasks = std::move(spare_);
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
    told_.store(stopping_, std::memory_order_relaxed);
  }
  for (Task& task : tasks) task();
  tasks.clear();
  spare_ = std::move(tasks);
}

void EventLoop::post(Task task) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(task));
    told_.store(true, std::memory_order_release);
  }
  if (first) transport_.wake();  // whoever has posted before has woken it, or is about to
}

WatchId EventLoop::watch(SocketHandle socket, Interest interest, ReadyHandler& handler) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t number = free_slots_.back();
  free_slots_.pop_back();
  Slot& slot = slots_[number];
  slot.handler = &handler;
  const uint64_t token = uint64_t{slot.generation} << 32 | number;
  transport_.watch(socket, interest, token);
  return WatchId{token};
}

void EventLoop::change_watch(SocketHandle socket, WatchId id, Interest interest) {
  transport_.change_watch(socket, interest, static_cast<uint64_t>(id));
}

void EventLoop::unwatch(SocketHandle socket, WatchId id) {
  transport_.unwatch(socket);
  const uint32_t number = slot_of(static_cast<uint64_t>(id));
  slots_[number].handler = nullptr;
  ++slots_[number].generation;
  free_slots_.push_back(number);
}

Tick EventLoop::take_worst_lag() {
  return std::exchange(worst_lag_, 0);
}

}  // namespace talkbeat
