#include "base/thread_executor.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <chrono>
#include <semaphore>

#include "base/inline_executor.h"

namespace talkbeat {
namespace {

using namespace std::chrono_literals;

/// Stands in for the loop: gathers what workers post, and runs it where the test waits.
class Mailbox {
 public:
  void post(Task task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    arrived_.notify_all();
  }
  ThreadExecutor::Post poster() {
    return [this](Task task) { post(std::move(task)); };
  }
  bool run_until(size_t count) {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, 10s, [&] { return tasks_.size() >= count; })) return false;
    for (const Task& task : tasks_) task();
    tasks_.clear();
    return true;
  }
  size_t size() {
    const std::lock_guard lock(mutex_);
    return tasks_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Task> tasks_;
};

/// A job that says that it has begun, then waits to be let go.
struct Gate {
  std::counting_semaphore<> begun{0};
  std::counting_semaphore<> open{0};

  Executor::Job job() {
    return [this] {
      begun.release();
      open.acquire();
      return [] {};
    };
  }
};

TEST(ThreadExecutor, runs_the_job_in_a_worker_and_the_result_where_it_is_posted) {
  Mailbox mailbox;
  ThreadExecutor executor("work", 2, 8, mailbox.poster());
  std::thread::id worker;
  std::thread::id finisher;
  ASSERT_TRUE(executor.try_submit([&] {
    const auto id = std::this_thread::get_id();
    return [&worker, &finisher, id] {
      worker = id;
      finisher = std::this_thread::get_id();
    };
  }));
  ASSERT_TRUE(mailbox.run_until(1));
  EXPECT_NE(worker, std::this_thread::get_id());
  EXPECT_EQ(finisher, std::this_thread::get_id());
  EXPECT_EQ(executor.pending(), 0u);
}

TEST(ThreadExecutor, a_full_queue_refuses_and_recovers) {
  Mailbox mailbox;
  Gate gate;
  ThreadExecutor executor("work", 1, 2, mailbox.poster());
  ASSERT_TRUE(executor.try_submit(gate.job()));
  gate.begun.acquire();
  EXPECT_TRUE(executor.try_submit(gate.job()));
  EXPECT_TRUE(executor.try_submit(gate.job()));
  EXPECT_FALSE(executor.try_submit(gate.job()));
  EXPECT_EQ(executor.pending(), 3u);
  gate.open.release(3);
  ASSERT_TRUE(mailbox.run_until(3));
  EXPECT_TRUE(executor.try_submit([] { return [] {}; }));
  ASSERT_TRUE(mailbox.run_until(1));
}

TEST(ThreadExecutor, stop_finishes_what_runs_and_drops_what_waits) {
  Mailbox mailbox;
  Gate gate;
  std::atomic<int> ran = 0;
  ThreadExecutor executor("work", 1, 8, mailbox.poster());
  ASSERT_TRUE(executor.try_submit(gate.job()));
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(executor.try_submit([&] {
      ++ran;
      return Task{};
    }));
  }
  gate.begun.acquire();
  std::thread stopper([&] { executor.stop(); });
  // stop() has taken the queue once only the running job is left.
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (executor.pending() > 1 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  gate.open.release();
  stopper.join();
  EXPECT_EQ(ran, 0);
  EXPECT_EQ(mailbox.size(), 1u);
  EXPECT_FALSE(executor.try_submit(gate.job()));
  executor.stop();
}

TEST(ThreadExecutor, many_jobs_each_run_once) {
  Mailbox mailbox;
  std::atomic<int> ran = 0;
  int finished = 0;
  ThreadExecutor executor("work", 4, 1000, mailbox.poster());
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(executor.try_submit([&] {
      ++ran;
      return [&finished] { ++finished; };
    }));
  }
  ASSERT_TRUE(mailbox.run_until(1000));
  EXPECT_EQ(ran, 1000);
  EXPECT_EQ(finished, 1000);
}

TEST(ThreadExecutor, workers_have_a_name_and_take_no_signals) {
  Mailbox mailbox;
  Gate gate;
  std::array<char, 16> name{};
  bool blocked = false;
  ThreadExecutor executor("a_name_too_long_for_it", 1, 8, mailbox.poster());
  // The first job runs behind the constructor, hence behind the naming.
  ASSERT_TRUE(executor.try_submit([&] {
    pthread_getname_np(pthread_self(), name.data(), name.size());
    sigset_t set;
    pthread_sigmask(SIG_SETMASK, nullptr, &set);
    blocked = sigismember(&set, SIGTERM) == 1;
    return [] {};
  }));
  ASSERT_TRUE(mailbox.run_until(1));
  EXPECT_STREQ(name.data(), "a_name_too_lo-0");
  EXPECT_TRUE(blocked);
}

TEST(InlineExecutor, runs_when_told_and_refuses_when_full) {
  InlineExecutor executor(1);
  int steps = 0;
  const auto count = [&steps] { ++steps; };
  ASSERT_TRUE(executor.try_submit([&] {
    count();
    return [&] {
      count();
      EXPECT_TRUE(executor.try_submit([&] {
        count();
        return Task{};
      }));
    };
  }));
  EXPECT_FALSE(executor.try_submit([] { return Task{}; }));
  EXPECT_EQ(executor.pending(), 1u);
  executor.run_all();
  EXPECT_EQ(steps, 3);
  EXPECT_FALSE(executor.run_one());
}

}  // namespace
}  // namespace talkbeat
