#include "tests/sim/plan.h"

namespace talkbeat::sim {

namespace {

// How often the least and the most frequent plan has a fault of this kind, in one simulation of seven minutes.
struct Frequency {
  Tick rare_ms;
  Tick often_ms;
};

constexpr Frequency frequency_of(Fault fault) {
  switch (fault) {
    case Fault::kReset:
    case Fault::kClientCutOff:
    case Fault::kPauseClient:
    case Fault::kLeave:
    case Fault::kRivalLogin:
      return {60'000, 4'000};
    case Fault::kKillLoginServer:
    case Fault::kStopLoginServer:
    case Fault::kVanishMsgServer:
    case Fault::kDrainMsgServer:
    case Fault::kSlowReader:
    case Fault::kPauseLoginServer:
    case Fault::kPauseMsgServer:
      return {300'000, 60'000};
    default:
      return {200'000, 20'000};
  }
}

void draw_network(SimRng& rng, NetworkManners& network) {
  constexpr size_t kWindows[] = {4 << 10, 8 << 10, 16 << 10, 64 << 10};
  network.window = kWindows[rng.pick(std::size(kWindows))];
  network.jitter = rng.chance(0.3) ? rng.between(10, 80) : rng.between(0, 5);
  if (rng.chance(0.5)) network.short_reads = rng.chance(0.3) ? 0.5 : 0.05;
  if (rng.chance(0.5)) network.short_writes = rng.chance(0.3) ? 0.3 : 0.03;
  if (rng.chance(0.5)) network.split = rng.chance(0.3) ? 0.3 : 0.05;
  if (rng.chance(0.3)) network.refused_connects = 0.1;
  if (rng.chance(0.3)) network.broken_in_backlog = 0.05;
}

void draw_work(SimRng& rng, Plan& plan) {
  plan.pause_between_messages = rng.between(16'000, 80'000);
  plan.group_messages = rng.chance(0.5) ? 0.1 : 0.3;
  plan.long_messages = rng.chance(0.5) ? 0.02 : 0.1;
  plan.bursts = rng.chance(0.3) ? 0.01 : 0;
  plan.reads = rng.chance(0.5) ? 0.05 : 0.2;
  plan.late_commits = rng.chance(0.5) ? 0.05 : 0;
  plan.commit_ms = rng.chance(0.2) ? rng.between(10, 100) : rng.between(1, 6);
  plan.wrong_clocks = rng.chance(0.4);
}

}  // namespace

Plan Plan::of(uint64_t seed) {
  SimRng rng(seed ^ 0x706c616e);
  Plan plan;
  plan.login_servers = rng.chance(0.3) ? 2 : 1;
  draw_network(rng, plan.network);
  // As in production, the hard limit is above the longest answer: here a page of 100 messages of 1 KiB.
  plan.out = {.soft = 64 << 10, .soft_ms = 30'000, .hard = 160 << 10};
  for (size_t i = 0; i < kFaults; ++i) {
    if (!rng.chance(0.35)) continue;
    const Frequency frequency = frequency_of(static_cast<Fault>(i));
    plan.mean_interval[i] = rng.between(frequency.often_ms, frequency.rare_ms);
  }
  draw_work(rng, plan);
  return plan;
}

}  // namespace talkbeat::sim
