#pragma once

#include <deque>

#include "base/executor.h"

namespace talkbeat {

/// An Executor without threads, for tests and tools: jobs wait until run_all(), then run and finish on the caller's
/// thread, in order. A test so chooses the moment at which the store or the hash answers.
///
///   InlineExecutor executor(2);
///   store.append(message, on_stored);
///   executor.run_all();  // on_stored has been called
class InlineExecutor final : public Executor {
 public:
  explicit InlineExecutor(size_t max_queue = 1024) : max_queue_(max_queue) {}

  bool try_submit(Job job) override {
    if (jobs_.size() >= max_queue_) return false;
    jobs_.push_back(std::move(job));
    return true;
  }
  size_t pending() const override { return jobs_.size(); }

  /// Runs the oldest job and its result. False: there was none.
  bool run_one() {
    if (jobs_.empty()) return false;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    if (const Task result = job()) result();
    return true;
  }
  /// Until none is left, those that the results submit included.
  void run_all() {
    while (run_one()) {
    }
  }

 private:
  size_t max_queue_;
  std::deque<Job> jobs_;
};

}  // namespace talkbeat
