#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/executor.h"

namespace talkbeat {

/// Worker threads behind a bounded queue. Owned by main(), destroyed before the EventLoop that `post` leads to.
/// try_submit() and stop() are called on the loop's thread; jobs run in a worker, their results through `post`, which
/// must be callable from any thread (EventLoop::post is). A full queue answers false. A job that throws ends the
/// process: jobs report their failures as values.
///
///   ThreadExecutor hashing("hash", 2, 64, [&loop](Task task) { loop.post(std::move(task)); });
///   if (!hashing.try_submit(job)) answer_busy();
///   hashing.stop();
class ThreadExecutor final : public Executor {
 public:
  using Post = std::function<void(Task)>;

  /// `name`: what top and gdb show, at most 13 characters: the threads are "name-0", "name-1", …
  ThreadExecutor(std::string name, size_t threads, size_t max_queue, Post post);
  ~ThreadExecutor() override;
  ThreadExecutor(const ThreadExecutor&) = delete;
  ThreadExecutor& operator=(const ThreadExecutor&) = delete;

  /// False where max_queue jobs wait (those that run don't count), and after stop().
  bool try_submit(Job job) override;
  size_t pending() const override;

  /// Drops the jobs that have not begun, and waits for those that run; their results are still posted. Idempotent.
  void stop();

 private:
  void work();
  /// False: time to end.
  bool take(Job& job);

  const size_t max_queue_;
  const Post post_;
  mutable std::mutex mutex_;  // guards the four below
  std::condition_variable wake_;
  std::deque<Job> queue_;
  size_t running_ = 0;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace talkbeat
