#pragma once

#include <coroutine>
#include <optional>
#include <vector>

#include "base/event_loop.h"

namespace talkbeat::check {

/// Lets tasks wait on the event loop. Who is woken goes on at the end of the turn, never inside of a socket's or a
/// timer's callback: a task may destroy whatever woke it. Outlives all tasks; the loop's thread only.
///
///   Scheduler scheduler(loop);
///   co_await scheduler.sleep(500);
class Scheduler final : private TurnHandler {
 public:
  explicit Scheduler(EventLoop& loop) : loop_(loop) { loop.add_turn_handler(*this); }

  /// Awaited, it takes `ms` milliseconds.
  class Sleep {
   public:
    Sleep(Scheduler& scheduler, Tick ms) : scheduler_(scheduler), ms_(ms) {}
    bool await_ready() const { return ms_ <= 0; }
    void await_suspend(std::coroutine_handle<> waiting) {
      timer_.emplace(scheduler_.loop_.timers(), [this, waiting] { scheduler_.wake(waiting); });
      timer_->start_once(ms_);
    }
    void await_resume() const {}

   private:
    Scheduler& scheduler_;
    Tick ms_;
    std::optional<Timer> timer_;
  };
  Sleep sleep(Tick ms) { return {*this, ms}; }

  void wake(std::coroutine_handle<> waiting) { ready_.push_back(waiting); }

  EventLoop& loop() { return loop_; }
  Tick now() const { return loop_.now(); }
  /// How long this process has been stopped or starved, in all: what it has measured meanwhile is worth little.
  Tick stalled() const { return stalled_; }

 private:
  void on_turn_end() override {
    while (!ready_.empty()) {
      for (const std::coroutine_handle<> waiting : std::exchange(ready_, {})) waiting.resume();
    }
  }
  void on_stall(Tick stalled) override { stalled_ += stalled; }

  EventLoop& loop_;
  std::vector<std::coroutine_handle<>> ready_;
  Tick stalled_ = 0;
};

}  // namespace talkbeat::check
