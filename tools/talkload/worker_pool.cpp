#include "tools/talkload/worker_pool.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <iostream>
#include <utility>

#include "base/check.h"
#include "tools/talkload/worker_process.h"

namespace talkbeat::load {

namespace {

double cpu_of(pid_t pid) {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return 0;
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

}  // namespace

WorkerPool::WorkerPool(const LoadOptions& options, const ClusterAccess& access, uint32_t run, OnSample on_sample)
    : on_sample_(std::move(on_sample)) {
  std::cout.flush();
  workers_.reserve(options.processes);
  for (uint32_t number = 0; number < options.processes; ++number) start(options, access, run, number);
}

void WorkerPool::start(const LoadOptions& options, const ClusterAccess& access, uint32_t run, uint32_t number) {
  std::array<int, 2> ends{};
  CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const pid_t pid = ::fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    ::close(ends[0]);
    for (const Worker& other : workers_) ::close(other.channel.fd());
    run_worker(options, access, {number, options.processes, run}, ProcessChannel(ends[1]));
    ::_exit(0);
  }
  ::close(ends[1]);
  workers_.push_back({pid, ProcessChannel(ends[0])});
}

WorkerPool::~WorkerPool() {
  for (Worker& worker : workers_) {
    if (worker.ended) continue;
    ::kill(worker.pid, SIGKILL);
    reap(worker);
  }
}

void WorkerPool::wait(int timeout_ms) {
  std::vector<pollfd> watched;
  for (const Worker& worker : workers_) watched.push_back({worker.ended ? -1 : worker.channel.fd(), POLLIN, 0});
  if (::poll(watched.data(), watched.size(), timeout_ms) <= 0) return;
  for (size_t i = 0; i < watched.size(); ++i) {
    if (watched[i].revents != 0) hear(i);
  }
}

void WorkerPool::hear(size_t number) {
  Worker& worker = workers_[number];
  const bool alive = worker.channel.receive();
  while (const auto told = worker.channel.next()) act_on(number, *told);
  if (alive) return;
  reap(worker);
  if (worker.done || failed()) return;
  died_ = true;
  failure_ = fmt::format("load process {} has ended by itself", number);
}

void WorkerPool::act_on(size_t number, const Told& told) {
  Worker& worker = workers_[number];
  switch (told.word) {
    case Word::kOnline:
      worker.online = std::strtoull(told.text.c_str(), nullptr, 10);
      break;
    case Word::kReady:
      ++ready_;
      break;
    case Word::kFailed:
      worker.done = true;
      failure_ = told.text;
      break;
    case Word::kSample:
      if (const auto sample = decode_sample(told.text)) on_sample_(number, *sample);
      break;
    case Word::kFinding:
      findings_.push_back(told.text);
      break;
    case Word::kTrouble: {
      const size_t space = told.text.find(' ');
      troubles_[told.text.substr(space + 1)] += std::strtoull(told.text.c_str(), nullptr, 10);
      break;
    }
    case Word::kDone:
      worker.done = true;
      break;
    case Word::kGo:
    case Word::kStop:
      break;
  }
}

void WorkerPool::reap(Worker& worker) {
  if (worker.ended) return;
  worker.ended = true;
  ++ended_;
  rusage used{};
  while (::wait4(worker.pid, nullptr, 0, &used) < 0 && errno == EINTR) {
  }
  cpu_of_ended_s_ += static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                     static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

void WorkerPool::go(uint64_t start_ns) {
  for (Worker& worker : workers_) (void)worker.channel.tell(Word::kGo, std::to_string(start_ns));
}

void WorkerPool::stop() {
  for (Worker& worker : workers_) {
    if (!worker.ended) (void)worker.channel.tell(Word::kStop);
    worker.done = true;
  }
}

uint64_t WorkerPool::online() const {
  uint64_t sum = 0;
  for (const Worker& worker : workers_) sum += worker.online;
  return sum;
}

double WorkerPool::cpu_s() const {
  double sum = cpu_of_ended_s_;
  for (const Worker& worker : workers_) {
    if (!worker.ended) sum += cpu_of(worker.pid);
  }
  return sum;
}

}  // namespace talkbeat::load
