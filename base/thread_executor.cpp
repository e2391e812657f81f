#include "base/thread_executor.h"

#include <pthread.h>
#include <csignal>

#include "base/check.h"

namespace talkbeat {
namespace {

/// Signals are for the loop's signalfd: a worker that took one would end the process by its default action.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

ThreadExecutor::ThreadExecutor(std::string name, size_t threads, size_t max_queue, Post post)
    : max_queue_(max_queue), post_(std::move(post)) {
  CHECK(threads > 0 && max_queue > 0);
  const SignalsBlocked inherited_by_the_threads;
  for (size_t i = 0; i < threads; ++i) {
    std::thread& thread = threads_.emplace_back([this] { work(); });
    const std::string thread_name = name.substr(0, 13) + "-" + std::to_string(i);
    // The kernel refuses more than 15 characters.
    pthread_setname_np(thread.native_handle(), thread_name.substr(0, 15).c_str());
  }
}

ThreadExecutor::~ThreadExecutor() {
  stop();
}

bool ThreadExecutor::try_submit(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ || queue_.size() >= max_queue_) return false;
    queue_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

size_t ThreadExecutor::pending() const {
  const std::lock_guard lock(mutex_);
  return queue_.size() + running_;
}

void ThreadExecutor::stop() {
  std::deque<Job> dropped;  // destroyed outside the lock: a job's captures may do anything
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    dropped.swap(queue_);
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool ThreadExecutor::take(Job& job) {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return stopped_ || !queue_.empty(); });
  if (stopped_) return false;
  job = std::move(queue_.front());
  queue_.pop_front();
  ++running_;
  return true;
}

void ThreadExecutor::work() {
  Job job;
  while (take(job)) {
    Task result = job();
    job = nullptr;
    {
      // Before the result can be seen, so that whoever has it also sees the smaller count.
      const std::lock_guard lock(mutex_);
      --running_;
    }
    if (result) post_(std::move(result));
  }
}

}  // namespace talkbeat
