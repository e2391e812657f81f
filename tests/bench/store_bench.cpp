#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "msg_server/store/sqlite_database.h"
#include "tests/contract/temporary_directory.h"

// What the SQLite store does a second: accounts in bulk, messages by batch size, the list of conversations.
namespace talkbeat {
namespace {

constexpr UserId kUsers = 2'000;
constexpr uint64_t kFirstMillisecond = 1'800'000'000'000;

class OpenDatabase {
 public:
  OpenDatabase() {
    auto opened = SqliteDatabase::open({.path = directory_.path() + "/talkbeat.db", .upkeep_in_commit = true});
    database_ = std::move(opened.value());
  }
  SqliteDatabase& operator*() { return *database_; }
  SqliteDatabase* operator->() { return database_.get(); }

  void add_users(int64_t first, int64_t count) {
    (void)database_->begin_batch();
    for (int64_t i = first; i < first + count; ++i) {
      (void)database_->add_user({"user" + std::to_string(i), std::string(97, 'h'), ""}, 1);
    }
    (void)database_->commit_batch();
  }
  void add_messages(int64_t count) {
    (void)database_->begin_batch();
    for (int64_t i = 0; i < count; ++i) {
      const UserId from = 1 + static_cast<UserId>(++sent_ % (kUsers / 2));
      const UserId to = kUsers / 2 + 1 + static_cast<UserId>(sent_ * 7 % (kUsers / 2));
      // As clients make them: the time in front.
      const uint64_t key = (kFirstMillisecond + sent_ / 50) << 22 | sent_;
      (void)database_->append({from, {ConversationKind::kSingle, to}, 1, std::string(200, 'x'), 1, key});
    }
    (void)database_->commit_batch();
  }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<SqliteDatabase> database_;
  uint64_t sent_ = 0;
};

void add_users_in_bulk(benchmark::State& state) {
  OpenDatabase database;
  int64_t next = 0;
  for (auto _ : state) {
    database.add_users(next, state.range(0));
    next += state.range(0);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(add_users_in_bulk)->Arg(1'000)->UseRealTime();

void commit_messages(benchmark::State& state) {
  OpenDatabase database;
  database.add_users(0, kUsers);
  for (auto _ : state) database.add_messages(state.range(0));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(commit_messages)->Arg(1)->Arg(10)->Arg(100)->Arg(1'000)->UseRealTime();

// A message each millisecond, as under light load: a disk and cores that have just rested answer later than busy ones.
void commit_at_rate(benchmark::State& state) {
  using Clock = std::chrono::steady_clock;
  OpenDatabase database;
  database.add_users(0, kUsers);
  std::vector<double> took_s;
  auto due = Clock::now();
  for (auto _ : state) {
    due += std::chrono::nanoseconds(std::chrono::seconds(1)) / state.range(0);
    std::this_thread::sleep_until(due);
    const auto begin = Clock::now();
    database.add_messages(1);
    took_s.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
    state.SetIterationTime(took_s.back());
  }
  std::ranges::sort(took_s);
  state.counters["p50_ms"] = took_s[took_s.size() / 2] * 1e3;
  state.counters["p99_ms"] = took_s[took_s.size() * 99 / 100] * 1e3;
}
BENCHMARK(commit_at_rate)->Arg(1'000)->Iterations(2'000)->UseManualTime();

void read_newest_page(benchmark::State& state) {
  OpenDatabase database;
  database.add_users(0, kUsers);
  for (int i = 0; i < 50; ++i) database.add_messages(1'000);
  const UserId peer = database->conversations(1, 0, 1).value().at(0).ref.peer;
  for (auto _ : state) {
    benchmark::DoNotOptimize(database->messages_before(1, {ConversationKind::kSingle, peer}, 0, 20));
  }
}
BENCHMARK(read_newest_page);

void list_conversations(benchmark::State& state) {
  OpenDatabase database;
  database.add_users(0, kUsers);
  for (int i = 0; i < 50; ++i) database.add_messages(1'000);
  for (auto _ : state) benchmark::DoNotOptimize(database->conversations(1, 0, 100));
}
BENCHMARK(list_conversations);

}  // namespace
}  // namespace talkbeat
