#include <benchmark/benchmark.h>

#include <random>

#include "msg_server/user_directory.h"
#include "msg_server/watchers.h"

// Who is online, and who wants to know: looked at for each message, changed at each login.
namespace talkbeat::bench {
namespace {

constexpr uint64_t kSerialStep = uint64_t{1} << kConnSlotBits;

ConnId conn_of(size_t number) {
  return ConnId{(number + 1) * kSerialStep + number};
}

UserDirectory directory_of(size_t users) {
  UserDirectory directory;
  for (size_t i = 0; i < users; ++i) {
    LocalSession session;
    session.client_type = 0x11;
    session.login_stamp = i;
    session.conn = conn_of(i);
    directory.add(static_cast<UserId>(i + 1), ClientClass::kMobile, session);
  }
  return directory;
}

// Argument, here and below: users who are online on this server.
void find_session(benchmark::State& state) {
  const auto users = static_cast<UserId>(state.range(0));
  const UserDirectory directory = directory_of(users);
  std::mt19937 random(1);
  std::uniform_int_distribution<UserId> any(1, 2 * users);  // every other one is online
  for (auto _ : state) {
    directory.for_each_local(any(random),
                             [](ClientClass, const LocalSession& session) { benchmark::DoNotOptimize(session.conn); });
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(find_session)->Arg(20'000)->Arg(200'000);

void presence_of_user(benchmark::State& state) {
  const auto users = static_cast<UserId>(state.range(0));
  const UserDirectory directory = directory_of(users);
  std::mt19937 random(1);
  std::uniform_int_distribution<UserId> any(1, 2 * users);
  for (auto _ : state) benchmark::DoNotOptimize(directory.presence(any(random)));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(presence_of_user)->Arg(20'000)->Arg(200'000);

// A login and a logout.
void come_and_go(benchmark::State& state) {
  const auto users = static_cast<size_t>(state.range(0));
  UserDirectory directory = directory_of(users);
  LocalSession session;
  session.conn = conn_of(users);
  const auto user = static_cast<UserId>(users + 1);
  for (auto _ : state) {
    directory.add(user, ClientClass::kPc, session);
    directory.remove(user, ClientClass::kPc, session.conn);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(come_and_go)->Arg(20'000);

// Each session has asked for 50 users; then one of them logs in, and those who watch are looked up.
void for_each_watcher(benchmark::State& state) {
  const auto sessions = static_cast<size_t>(state.range(0));
  constexpr size_t kWatched = 50;
  Watchers watchers(10'000);
  std::mt19937 random(1);
  std::uniform_int_distribution<UserId> any(1, static_cast<UserId>(sessions));
  for (size_t i = 0; i < sessions * kWatched; ++i) watchers.watch(conn_of(i / kWatched), any(random));
  int64_t visited = 0;
  for (auto _ : state) {
    watchers.for_each(any(random), [&visited](ConnId session) {
      benchmark::DoNotOptimize(session);
      ++visited;
    });
  }
  state.SetItemsProcessed(visited);
}
BENCHMARK(for_each_watcher)->Arg(20'000);

// A session's whole life: it comes to watch 50 users, and ends.
void watch_and_forget(benchmark::State& state) {
  Watchers watchers(10'000);
  size_t session = 0;
  for (auto _ : state) {
    const ConnId conn = conn_of(session++);
    for (UserId user = 1; user <= 50; ++user) watchers.watch(conn, user);
    watchers.forget(conn);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(watch_and_forget);

}  // namespace
}  // namespace talkbeat::bench
