#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tools/talkload/cluster_access.h"
#include "tools/talkload/figures.h"
#include "tools/talkload/load_options.h"
#include "tools/talkload/process_channel.h"

namespace talkbeat::load {

/// The load processes, as the parent sees them: forks them, hears what they tell, ends them. Before any thread.
///
///   WorkerPool pool(options, access, run);
///   while (!pool.all_ready() && !pool.broken()) pool.wait(100);
///   pool.go(start_ns);
///   while (!pool.all_ended()) { pool.wait(100); … }
class WorkerPool {
 public:
  /// `on_sample(process, sample)` is called inside of wait().
  using OnSample = std::function<void(size_t process, const Sample& sample)>;

  WorkerPool(const LoadOptions& options, const ClusterAccess& access, uint32_t run, OnSample on_sample);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Takes in what they tell, for at most so long; returns early where there was something.
  void wait(int timeout_ms);
  void go(uint64_t start_ns);
  void stop();

  bool all_ready() const { return ready_ == workers_.size(); }
  bool all_ended() const { return ended_ == workers_.size(); }
  /// One has failed or died: the others are of no use.
  bool failed() const { return !failure_.empty(); }
  /// In words; `died()`: it was no ordinary failure.
  const std::string& failure() const { return failure_; }
  bool died() const { return died_; }

  uint64_t online() const;
  const std::vector<std::string>& findings() const { return findings_; }
  /// Why connections or requests failed, and how often.
  const std::map<std::string, uint64_t>& troubles() const { return troubles_; }
  /// CPU seconds of all load processes by now.
  double cpu_s() const;

 private:
  struct Worker {
    pid_t pid = 0;
    ProcessChannel channel;
    uint64_t online = 0;
    bool ended = false;
    bool done = false;
  };

  void start(const LoadOptions& options, const ClusterAccess& access, uint32_t run, uint32_t number);
  void hear(size_t number);
  void act_on(size_t number, const Told& told);
  void reap(Worker& worker);

  OnSample on_sample_;
  std::vector<Worker> workers_;
  size_t ready_ = 0;
  size_t ended_ = 0;
  std::string failure_;
  bool died_ = false;
  std::vector<std::string> findings_;
  std::map<std::string, uint64_t> troubles_;
  double cpu_of_ended_s_ = 0;
};

}  // namespace talkbeat::load
