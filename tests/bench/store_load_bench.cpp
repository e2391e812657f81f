#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "msg_server/store/sqlite_database.h"
#include "tests/contract/child_process.h"
#include "tests/contract/temporary_directory.h"

// The SQLite store as busy msg_servers use it: 1,000 pairs of users who write at random, a log that is copied beside
// the commits, one process or two on one file. `cpu_us` is processor time a message in all threads; `wait_p99_ms` is
// how long a writer waited for its turn.
namespace talkbeat {
namespace {

using Clock = std::chrono::steady_clock;

constexpr UserId kPairs = 1'000;
constexpr uint64_t kLoadBeginsAtMs = 1'800'000'000'000;

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

enum class Keys { kByTime, kRandom };

/// One writing process: its two connections, as a msg_server has them.
class Writer {
 public:
  Writer(const std::string& path, UserId first_pair, UserId step, Keys keys)
      : writer_(open(path)), reader_(open(path)), first_pair_(first_pair), step_(step), keys_(keys) {}

  static std::unique_ptr<SqliteDatabase> open(const std::string& path) {
    auto opened = SqliteDatabase::open({.path = path});
    if (!opened.ok()) std::abort();
    return std::move(opened.value());
  }

  void add_users() {
    begin();
    for (UserId i = 1; i <= 2 * kPairs; ++i) {
      (void)writer_->add_user({"user" + std::to_string(i), std::string(97, 'h'), ""}, 1);
    }
    commit();
  }
  void add_messages(int64_t count) {
    const auto asked = Clock::now();
    begin();
    waits_.push_back(Clock::now() - asked);
    for (int64_t i = 0; i < count; ++i) add_message();
    commit();
    if (writer_->upkeep_due()) start_upkeep();
  }
  double wait_ms(double share) {
    std::sort(waits_.begin(), waits_.end());
    const auto at = static_cast<size_t>(share * static_cast<double>(waits_.size() - 1));
    return std::chrono::duration<double, std::milli>(waits_[at]).count();
  }
  void forget_waits() { waits_.clear(); }

 private:
  void begin() {
    if (!writer_->begin_batch().ok()) std::abort();
  }
  void commit() {
    if (!writer_->commit_batch().ok()) std::abort();
  }
  void add_message() {
    const UserId pair = first_pair_ + static_cast<UserId>(random_() % (kPairs / step_)) * step_;
    const bool back = random_() % 2 != 0;
    const UserId from = 2 * pair + (back ? 2 : 1);
    const UserId to = 2 * pair + (back ? 1 : 2);
    ++sent_;
    const uint64_t in_time = (kLoadBeginsAtMs + sent_ / 50) << 22 | (first_pair_ << 16) | (sent_ & 0xffff);
    const uint64_t key = keys_ == Keys::kByTime ? in_time : random_();
    const auto stored = writer_->append({from, {ConversationKind::kSingle, to}, 1, std::string(100, 'x'), 1, key});
    if (!stored.ok()) std::abort();
  }
  void start_upkeep() {
    if (upkeep_.joinable()) upkeep_.join();
    upkeep_ = std::jthread([this] { (void)reader_->upkeep(); });
  }

  std::unique_ptr<SqliteDatabase> writer_;
  std::unique_ptr<SqliteDatabase> reader_;
  UserId first_pair_;
  UserId step_;
  Keys keys_;
  std::mt19937_64 random_{first_pair_ + 1};
  uint64_t sent_ = 0;
  std::vector<Clock::duration> waits_;
  std::jthread upkeep_;
};

// Arguments: messages a commit, messages that are there before.
void chat(benchmark::State& state, Keys keys) {
  const TemporaryDirectory directory;
  Writer writer(directory.path() + "/talkbeat.db", 0, 1, keys);
  writer.add_users();
  for (int64_t there = 0; there < state.range(1); there += 5'000) writer.add_messages(5'000);
  const double before = cpu_seconds();
  for (auto _ : state) writer.add_messages(state.range(0));
  const auto messages = static_cast<double>(state.iterations() * state.range(0));
  state.SetItemsProcessed(static_cast<int64_t>(messages));
  state.counters["cpu_us"] = (cpu_seconds() - before) * 1e6 / messages;
}
BENCHMARK_CAPTURE(chat, keys_by_time, Keys::kByTime)
    ->Args({128, 0})
    ->Args({1'000, 0})
    ->Args({1'000, 300'000})
    ->UseRealTime();
BENCHMARK_CAPTURE(chat, random_keys, Keys::kRandom)->Args({1'000, 0})->Args({1'000, 300'000})->UseRealTime();

// Two processes that never rest. Counted: the waits of both while both write.
void two_writers(benchmark::State& state) {
  constexpr int kBatches = 200;
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/talkbeat.db";
  Writer(path, 0, 1, Keys::kByTime).add_users();
  const auto work = [&](UserId number, const ChildProcess::Report& report) {
    Writer writer(path, number, 2, Keys::kByTime);
    writer.add_messages(state.range(0));  // the first meeting
    writer.forget_waits();
    const double before = cpu_seconds();
    for (int i = 0; i < kBatches; ++i) writer.add_messages(state.range(0));
    report(static_cast<uint64_t>(writer.wait_ms(0.99) * 1'000));
    report(static_cast<uint64_t>((cpu_seconds() - before) * 1e6));
  };
  const double messages = 2.0 * kBatches * static_cast<double>(state.range(0));
  for (auto _ : state) {
    std::array<uint64_t, 2> waited{};
    std::array<uint64_t, 2> used{};
    ChildProcess first([&](const auto& report) { work(0, report); });
    ChildProcess second([&](const auto& report) { work(1, report); });
    const bool done = first.read(waited[0]) && first.read(used[0]) && second.read(waited[1]) && second.read(used[1]);
    if (!done) state.SkipWithError("a writer has failed");
    state.counters["first_wait_p99_ms"] = static_cast<double>(waited[0]) / 1e3;
    state.counters["second_wait_p99_ms"] = static_cast<double>(waited[1]) / 1e3;
    state.counters["cpu_us"] = static_cast<double>(used[0] + used[1]) / messages;
  }
  state.SetItemsProcessed(static_cast<int64_t>(messages) * static_cast<int64_t>(state.iterations()));
}
BENCHMARK(two_writers)->Arg(250)->Arg(1'000)->Iterations(1)->UseRealTime();

}  // namespace
}  // namespace talkbeat
