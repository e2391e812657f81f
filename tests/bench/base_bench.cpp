#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <vector>

#include "base/pdu.h"
#include "base/timer_list.h"

// What two pure cores of base/ cost: framing a stream of small PDUs, and re-arming a timer.
namespace talkbeat {
namespace {

std::vector<std::byte> stream_of(size_t pdus, size_t body) {
  std::vector<std::byte> stream(pdus * (kPduHeaderSize + body));
  for (size_t i = 0; i < pdus; ++i) {
    PduHeader header;
    header.length = static_cast<uint32_t>(kPduHeaderSize + body);
    encode_header(header, std::span(stream).subspan(i * header.length));
  }
  return stream;
}

// Argument: bytes of a body. 64 PDUs arrive at once.
void frame_pdus(benchmark::State& state) {
  constexpr size_t kPdus = 64;
  const auto stream = stream_of(kPdus, static_cast<size_t>(state.range(0)));
  PduFramer framer;
  size_t seen = 0;
  for (auto _ : state) {
    const auto outcome = framer.feed(
        stream, [] { return size_t{1} << 20; },
        [&seen](const PduHeader&, std::span<const std::byte>) {
          ++seen;
          return true;
        });
    benchmark::DoNotOptimize(outcome);
  }
  state.SetItemsProcessed(static_cast<int64_t>(seen));
}
BENCHMARK(frame_pdus)->Arg(0)->Arg(120)->Arg(900);

// Argument: timers that are armed. Each iteration re-arms one of them.
void rearm_timer(benchmark::State& state) {
  TimerList list(0);
  std::vector<std::unique_ptr<Timer>> timers;
  for (int64_t i = 0; i < state.range(0); ++i) {
    timers.push_back(std::make_unique<Timer>(list, [] {}));
    timers.back()->start_once(60'000 + i % 1000);
  }
  std::mt19937 random(1);
  std::uniform_int_distribution<size_t> any(0, timers.size() - 1);
  for (auto _ : state) timers[any(random)]->start_once(60'000);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(rearm_timer)->Arg(10'000)->Arg(100'000)->Arg(1'000'000);

}  // namespace
}  // namespace talkbeat
