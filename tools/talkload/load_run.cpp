#include "tools/talkload/load_run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <iostream>
#include <optional>

#include "tools/talkload/load_link.h"
#include "tools/talkload/run_report.h"
#include "tools/talkload/server_probe.h"
#include "tools/talkload/worker_pool.h"

namespace talkbeat::load {

namespace {

constexpr uint64_t kNsPerMs = 1'000'000;
constexpr uint64_t kHeadStartNs = 100 * kNsPerMs;  // until the word to begin has come to all processes
constexpr int kLookMs = 50;
constexpr uint32_t kRunBits = 24;

volatile std::sig_atomic_t interrupted = 0;

void on_interrupt(int /*number*/) {
  interrupted = 1;
}

int fail(const std::string& why, int exit_code) {
  std::cerr << "talkload: " << why << "\n";
  return exit_code;
}

Work work_of(ScenarioKind scenario) {
  switch (scenario) {
    case ScenarioKind::kLogin:
      return {"logins", &Counters::logged_in, "from connecting to the login's answer"};
    case ScenarioKind::kIdle:
      return {"beats", &Counters::beats, "from a heartbeat to its answer"};
    case ScenarioKind::kChat:
    case ScenarioKind::kRelay:
    case ScenarioKind::kGroup:
    case ScenarioKind::kMixed:
    case ScenarioKind::kReconnect:
    case ScenarioKind::kSoak:
      break;
  }
  return {};
}

class LoadRun {
 public:
  explicit LoadRun(const LoadOptions& options)
      : options_(options), work_(work_of(options.scenario)), figures_(options.processes, part(options)) {}

  int run();

 private:
  static MeasuredPart part(const LoadOptions& options) {
    const double begin_s = static_cast<double>(options.warmup_ms) / 1e3;
    return {begin_s, begin_s + static_cast<double>(options.duration_ms) / 1e3};
  }
  double at_s() const { return (static_cast<double>(monotonic_ns()) - static_cast<double>(start_ns_)) / 1e9; }

  int bring_online(WorkerPool& pool);
  void measure(WorkerPool& pool);
  int conclude(const WorkerPool& pool);
  void look_at_servers();

  const LoadOptions& options_;
  Work work_;
  RunFigures figures_;
  std::optional<ServerProbe> probe_;
  uint64_t start_ns_ = 0;
  double load_cpu_s_ = 0;
};

int LoadRun::run() {
  Result<ClusterAccess> access = find_cluster(options_);
  if (!access.ok()) return fail(access.message(), kExitNoConnection);
  const Status users = prepare_users(options_, options_.all_clients(), access.value().users, [](uint32_t) {});
  if (!users.ok()) return fail(users.message(), kExitNoConnection);
  if (!options_.dir.empty()) {
    Result<ServerProbe> probe = ServerProbe::find(options_.dir);
    if (!probe.ok()) return fail(probe.message(), kExitNoConnection);
    probe_.emplace(std::move(probe.value()));
    probe_->sample(-1);
  }
  const auto run =
      static_cast<uint32_t>((monotonic_ns() ^ static_cast<uint64_t>(::getpid()) << 8) >> 10) & ((1u << kRunBits) - 1);
  WorkerPool pool(options_, access.value(), run,
                  [this](size_t process, const Sample& sample) { figures_.add(process, sample); });
  if (const int code = bring_online(pool); code != kExitFine) return code;
  measure(pool);
  return conclude(pool);
}

int LoadRun::bring_online(WorkerPool& pool) {
  while (!pool.all_ready()) {
    pool.wait(kLookMs);
    if (interrupted != 0) return fail("interrupted before the load began", kExitNoConnection);
    if (!pool.failed()) continue;
    for (const auto& [why, count] : pool.troubles()) std::cerr << "  " << count << " x " << why << "\n";
    return fail(pool.failure(), pool.died() ? kExitBroken : kExitNoConnection);
  }
  return kExitFine;
}

void LoadRun::look_at_servers() {
  if (probe_) probe_->sample(at_s());
}

void LoadRun::measure(WorkerPool& pool) {
  start_ns_ = monotonic_ns() + kHeadStartNs;
  pool.go(start_ns_);
  double next_look_s = 0;
  double cpu_at_begin = 0;
  bool measuring = false;
  bool measured = false;
  while (!pool.all_ended() && !pool.failed()) {
    pool.wait(kLookMs);
    const double now_s = at_s();
    if (!measuring && now_s >= figures_.part().begin_s) {
      measuring = true;
      cpu_at_begin = pool.cpu_s();
      next_look_s = now_s;
    }
    if (measuring && !measured && now_s >= figures_.part().end_s) {
      measured = true;
      load_cpu_s_ = pool.cpu_s() - cpu_at_begin;
      next_look_s = now_s;
    }
    if (now_s >= next_look_s) {
      look_at_servers();
      next_look_s = std::max(next_look_s + 1, now_s);
    }
    if (interrupted != 0) pool.stop();
  }
}

int LoadRun::conclude(const WorkerPool& pool) {
  const Counters totals = figures_.totals();
  const Histogram& latency = figures_.latency();
  const auto ms = [&](double q) { return static_cast<double>(latency.at(q)) / 1e6; };
  fmt::print("{}: {:.0f} {}/s, latency ms p50 {:.3f} p90 {:.3f} p99 {:.3f} p99.9 {:.3f} max {:.3f}\n",
             word_for(options_.scenario), figures_.rate(work_.counter), work_.unit, ms(0.5), ms(0.9), ms(0.99),
             ms(0.999), static_cast<double>(latency.max()) / 1e6);
  for (const CounterField& field : kCounterFields) {
    if (totals.*field.member != 0) fmt::print("  {} {}\n", field.name, totals.*field.member);
  }
  if (probe_) {
    const auto use = probe_->use(figures_.part().begin_s, figures_.part().end_s);
    const ServerUse all = sum(use);
    fmt::print("  servers: {:.2f} CPU s, {:.2f} s/M, RSS {} KiB (grown by {}); load: {:.2f} CPU s\n", all.cpu_s,
               cpu_s_per_million(all.cpu_s, figures_.measured().*work_.counter), all.rss_bytes / 1024,
               all.rss_growth / 1024, load_cpu_s_);
  }
  for (const auto& [why, count] : pool.troubles()) fmt::print("  {} x {}\n", count, why);
  for (const std::string& finding : pool.findings()) fmt::print("FAILED {}\n", finding);
  if (pool.failed()) return fail(pool.failure(), kExitBroken);
  const bool fine = pool.findings().empty() && totals.lost + totals.doubled + totals.misordered == 0;
  return fine ? kExitFine : kExitNotVerified;
}

}  // namespace

int run_load(const LoadOptions& options, int /*argc*/, const char* const* /*argv*/) {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  (void)std::signal(SIGPIPE, SIG_IGN);
  return LoadRun(options).run();
}

}  // namespace talkbeat::load
