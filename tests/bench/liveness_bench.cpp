#include <benchmark/benchmark.h>

#include <list>
#include <memory>
#include <random>
#include <vector>

#include "base/keepalive.h"

// What liveness costs: ours, against the two classic ways to do it. All three hold the same idle connections with the
// same timeout; the benchmarks' argument is how many.
//
//   ordered_lists    base/keepalive.h: a tick looks at the heads of lists that are in order of time
//   per_second_scan  a tick walks all connections and compares each one's last_recv (a loop over a connection map)
//   linear_list      each connection has an entry in one list of timers: a tick walks it, re-arming searches it
//                    (the list of timers of the classic event dispatcher)
namespace talkbeat {
namespace {

constexpr Tick kTimeout = 60'000;

struct NoActions final : LivenessActions {
  void send_heartbeat(LivenessNode&) override {}
  void close_dead(LivenessNode&, CloseReason) override { ++closed; }
  void tell_to_leave(LivenessNode&, CloseReason) override {}
  int closed = 0;
};

class OrderedLists {
 public:
  explicit OrderedLists(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      nodes_.push_back(std::make_unique<LivenessNode>());
      rule_.join(*nodes_.back(), 0);
      rule_.handshake_done(*nodes_.back(), 0);
    }
  }
  void received(size_t connection, Tick now) { rule_.received(*nodes_[connection], now); }
  void tick(Tick now) {
    rule_.check(now, actions_);
    benchmark::DoNotOptimize(rule_.next_due());
  }

 private:
  Liveness rule_{{.silence_timeout_ms = kTimeout}};
  NoActions actions_;
  std::vector<std::unique_ptr<LivenessNode>> nodes_;
};

class PerSecondScan {
 public:
  explicit PerSecondScan(size_t count) {
    for (size_t i = 0; i < count; ++i) connections_.push_back(std::make_unique<Connection>());
  }
  void received(size_t connection, Tick now) { connections_[connection]->last_received = now; }
  void tick(Tick now) {
    int dead = 0;
    for (const auto& connection : connections_) dead += now - connection->last_received >= kTimeout ? 1 : 0;
    benchmark::DoNotOptimize(dead);
  }

 private:
  struct Connection {
    Tick last_received = 0;
    char rest[192] = {};  // a connection is larger than the one number that the scan wants
  };
  std::vector<std::unique_ptr<Connection>> connections_;
};

class LinearList {
 public:
  explicit LinearList(size_t count) {
    for (size_t i = 0; i < count; ++i) timers_.push_back({i, kTimeout});
  }
  void received(size_t connection, Tick now) {
    for (Timer& timer : timers_) {
      if (timer.connection != connection) continue;
      timer.due = now + kTimeout;
      return;
    }
  }
  void tick(Tick now) {
    int dead = 0;
    for (const Timer& timer : timers_) dead += timer.due <= now ? 1 : 0;
    benchmark::DoNotOptimize(dead);
  }

 private:
  struct Timer {
    size_t connection;
    Tick due;
  };
  std::list<Timer> timers_;
};

// A tick in which nobody is due.
template <class Way>
void tick(benchmark::State& state) {
  Way way(static_cast<size_t>(state.range(0)));
  for (auto _ : state) way.tick(kTimeout / 2);
  state.SetItemsProcessed(state.iterations());
}

// A heartbeat comes from one of them, at random.
template <class Way>
void rearm(benchmark::State& state) {
  Way way(static_cast<size_t>(state.range(0)));
  std::mt19937 random(1);
  std::uniform_int_distribution<size_t> any(0, static_cast<size_t>(state.range(0)) - 1);
  for (auto _ : state) way.received(any(random), kTimeout / 2);
  state.SetItemsProcessed(state.iterations());
}

// A second of idle life: each connection beats every 20 s, and the server looks after them once.
template <class Way>
void idle_second(benchmark::State& state) {
  const auto count = static_cast<size_t>(state.range(0));
  Way way(count);
  Tick now = 0;
  size_t next = 0;
  for (auto _ : state) {
    now += 1'000;
    for (size_t i = 0; i < count / 20; ++i, next = (next + 7'919) % count) way.received(next, now);
    way.tick(now);
  }
  state.SetItemsProcessed(state.iterations());
}

constexpr int kSmall = 10'000;
constexpr int kMedium = 100'000;
constexpr int kLarge = 1'000'000;

BENCHMARK(tick<OrderedLists>)->Arg(kSmall)->Arg(kMedium)->Arg(kLarge);
BENCHMARK(tick<PerSecondScan>)->Arg(kSmall)->Arg(kMedium)->Arg(kLarge);
BENCHMARK(tick<LinearList>)->Arg(kSmall)->Arg(kMedium)->Arg(kLarge);
BENCHMARK(rearm<OrderedLists>)->Arg(kSmall)->Arg(kMedium)->Arg(kLarge);
BENCHMARK(rearm<PerSecondScan>)->Arg(kSmall)->Arg(kMedium)->Arg(kLarge);
BENCHMARK(rearm<LinearList>)->Arg(kSmall)->Arg(kMedium)->Arg(kLarge);
BENCHMARK(idle_second<OrderedLists>)->Arg(kSmall)->Arg(kMedium)->Arg(kLarge)->Unit(benchmark::kMicrosecond);
BENCHMARK(idle_second<PerSecondScan>)->Arg(kSmall)->Arg(kMedium)->Arg(kLarge)->Unit(benchmark::kMicrosecond);
BENCHMARK(idle_second<LinearList>)->Arg(kSmall)->Unit(benchmark::kMicrosecond);  // more would take minutes

}  // namespace
}  // namespace talkbeat
