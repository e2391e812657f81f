#pragma once

#include <deque>
#include <functional>

#include "base/executor.h"
#include "tests/sim/sim_process.h"

namespace talkbeat::sim {

/// How long the jobs of one kind of worker take, and what keeps them all waiting. Shared by those that use the same
/// disk.
struct WorkPace {
  Tick before_ms = 1;      ///< about so long until it is done (a commit: until it is durable)
  Tick after_ms = 1;       ///< and so long until the loop hears of it
  double late = 0;         ///< how often a result takes up to a second
  Tick stalled_until = 0;  ///< nothing is done before then
};

/// One worker behind a bounded queue, in simulated time: a job waits for its turn, is done all at once at some moment,
/// and its result reaches the loop at a later one. A crash in between leaves a commit that nobody has heard of. While
/// its process is paused nothing moves.
///
///   SimExecutor writes(process, pace, 4, [] { … something was done … });
class SimExecutor final : public Executor {
 public:
  SimExecutor(SimProcess& process, const WorkPace& pace, size_t max_queue, std::function<void()> done = {});

  bool try_submit(Job job) override;
  size_t pending() const override { return queue_.size() + (busy_ ? 1 : 0); }

  /// A job has been begun, and is not done; or is done, and the loop has not heard of it.
  bool under_way() const { return busy_ && !done_; }
  bool unheard() const { return busy_ && done_; }

 private:
  void start_next();
  void run();
  void finish(Task result);

  SimProcess& process_;
  const WorkPace& pace_;
  const size_t max_queue_;
  const std::function<void()> on_done_;
  std::deque<Job> queue_;
  Job job_;
  Task result_;
  bool busy_ = false;
  bool done_ = false;
};

}  // namespace talkbeat::sim
