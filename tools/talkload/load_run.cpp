#include "tools/talkload/load_run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <optional>

#include "tools/talkctl/cluster_files.h"
#include "tools/talkload/load_link.h"
#include "tools/talkload/progress_line.h"
#include "tools/talkload/report_html.h"
#include "tools/talkload/report_json.h"
#include "tools/talkload/report_table.h"
#include "tools/talkload/run_outcome.h"
#include "tools/talkload/server_disturber.h"
#include "tools/talkload/server_probe.h"
#include "tools/talkload/syscall_count.h"
#include "tools/talkload/worker_pool.h"

namespace talkbeat::load {

namespace {

constexpr uint64_t kNsPerMs = 1'000'000;
constexpr uint64_t kHeadStartNs = 100 * kNsPerMs;  // until the word to begin has come to all processes
constexpr int kPollMs = 50;
constexpr uint32_t kRunBits = 24;
constexpr double kQuietEndS = 2;  // no server is taken away so late in a run

volatile std::sig_atomic_t interrupted = 0;  // how often

void on_interrupt(int /*number*/) {
  interrupted = interrupted + 1;
}

int64_t now_ms() {
  return static_cast<int64_t>(monotonic_ns() / kNsPerMs);
}

class LoadRun {
 public:
  LoadRun(const LoadOptions& options, int argc, const char* const* argv)
      : options_(options),
        description_(description_of(options, argc, argv)),
        figures_(options.processes, part(options)),
        progress_(description_.work, options.quiet) {}

  int run();

 private:
  static MeasuredPart part(const LoadOptions& options) {
    const double begin_s = static_cast<double>(options.warmup_ms) / 1e3;
    const bool open_loop = options.rate > 0;
    return {begin_s, begin_s + static_cast<double>(options.duration_ms) / 1e3, open_loop};
  }
  double at_s() const { return (static_cast<double>(monotonic_ns()) - static_cast<double>(start_ns_)) / 1e9; }

  int fail(const std::string& why, int exit_code);
  Result<ClusterAccess> prepare();
  int bring_online(WorkerPool& pool);
  void measure(WorkerPool& pool);
  void look(double now_s, WorkerPool& pool);
  void begin_measuring();
  void end_measuring();
  const char* phase(double now_s) const;
  int conclude(const WorkerPool& pool);
  void add_servers(RunWords& words);
  Status write_reports(const RunReport& report) const;

  const LoadOptions& options_;
  RunDescription description_;
  RunFigures figures_;
  ProgressLine progress_;
  std::optional<ServerProbe> probe_;
  std::optional<ServerDisturber> disturber_;
  std::optional<SyscallCount> syscalls_;
  std::map<pid_t, SyscallCounts> calls_;
  std::string syscall_tool_;
  uint64_t start_ns_ = 0;
  double next_look_s_ = 0;
  double load_cpu_s_ = 0;
  uint64_t work_before_ = 0;
  uint64_t work_while_counting_ = 0;
  bool measuring_ = false;
  bool measured_ = false;
  bool told_to_stop_ = false;
  double interrupted_after_s_ = -1;
};

int LoadRun::fail(const std::string& why, int exit_code) {
  progress_.end();
  std::cerr << "talkload: " << why << "\n";
  return exit_code;
}

Result<ClusterAccess> LoadRun::prepare() {
  Result<ClusterAccess> access = find_cluster(options_);
  if (!access.ok() || options_.dir.empty()) return access;
  Result<ServerProbe> probe = ServerProbe::find(options_.dir);
  if (!probe.ok()) return Error{probe.message()};
  probe_.emplace(std::move(probe.value()));
  probe_->sample(-1);
  if (options_.scenario == ScenarioKind::kReconnect) {
    // Not from `access`, which names none where clients ask a login_server.
    const Result<ClusterFiles> files = ClusterFiles::read(options_.dir);
    if (!files.ok()) return Error{files.message()};
    disturber_.emplace(options_, static_cast<uint32_t>(files.value().msg_servers));
  }
  const auto cancelled = [] { return interrupted != 0; };
  const Status users = prepare_users(options_, options_.all_clients(), access.value().users, cancelled);
  if (!users.ok()) return Error{users.message()};
  return access;
}

int LoadRun::run() {
  for (const std::string& path : {options_.json_path, options_.report_path}) {
    if (const Status writable = can_write_report(path); !writable.ok()) return fail(writable.message(), kExitBroken);
  }
  const Result<ClusterAccess> access = prepare();
  if (!access.ok()) return fail(access.message(), interrupted != 0 ? kExitInterrupted : kExitNoConnection);
  const auto run =
      static_cast<uint32_t>((monotonic_ns() ^ static_cast<uint64_t>(::getpid()) << 8) >> 10) & ((1u << kRunBits) - 1);
  WorkerPool pool(options_, access.value(), run,
                  [this](size_t process, const Sample& sample) { figures_.add(process, sample); });
  if (const int code = bring_online(pool); code != kExitFine) return code;
  measure(pool);
  if (disturber_) disturber_->put_right();
  return conclude(pool);
}

int LoadRun::bring_online(WorkerPool& pool) {
  while (!pool.all_ready()) {
    pool.wait(kPollMs);
    progress_.show(fmt::format("logging in: {} of {}", pool.online(), options_.all_clients()), figures_, -1, now_ms());
    if (interrupted != 0) return fail("interrupted before the load began", kExitInterrupted);
    if (!pool.failed()) continue;
    progress_.end();
    for (const auto& [why, count] : pool.troubles()) std::cerr << "talkload: " << count << " x " << why << "\n";
    return fail(pool.failure(), pool.died() ? kExitBroken : kExitNoConnection);
  }
  return kExitFine;
}

void LoadRun::measure(WorkerPool& pool) {
  start_ns_ = monotonic_ns() + kHeadStartNs;
  pool.go(start_ns_);
  double load_cpu_at_begin = 0;
  // Who interrupts it twice does not want to wait for stragglers.
  while (!pool.all_ended() && !pool.failed() && interrupted < 2) {
    pool.wait(kPollMs);
    const double now_s = at_s();
    if (!measuring_ && now_s >= figures_.part().begin_s) {
      load_cpu_at_begin = pool.cpu_s();
      begin_measuring();
    }
    if (measuring_ && !measured_ && now_s >= figures_.part().end_s) {
      load_cpu_s_ = pool.cpu_s() - load_cpu_at_begin;
      end_measuring();
    }
    look(now_s, pool);
  }
  // Where it was cut short.
  if (measuring_ && !measured_) {
    load_cpu_s_ = pool.cpu_s() - load_cpu_at_begin;
    end_measuring();
  }
}

void LoadRun::begin_measuring() {
  measuring_ = true;
  next_look_s_ = at_s();
  if (!options_.count_syscalls || !probe_) return;
  Result<SyscallCount> count = SyscallCount::start(probe_->pids());
  if (!count.ok()) {
    progress_.note("talkload: --syscalls: " + count.message());
    return;
  }
  syscalls_.emplace(std::move(count.value()));
  work_before_ = figures_.totals().*description_.work.counter;
}

void LoadRun::end_measuring() {
  measured_ = true;
  next_look_s_ = at_s();
  if (!syscalls_) return;
  calls_ = syscalls_->finish();
  syscall_tool_ = syscalls_->tool();
  work_while_counting_ = figures_.totals().*description_.work.counter - work_before_;
  syscalls_.reset();
}

const char* LoadRun::phase(double now_s) const {
  if (now_s < figures_.part().begin_s) return "warming up";
  return now_s < figures_.part().end_s ? "measuring" : "waiting for stragglers";
}

void LoadRun::look(double now_s, WorkerPool& pool) {
  if (probe_ && now_s >= next_look_s_) {
    probe_->sample(now_s);
    next_look_s_ = std::max(next_look_s_ + 1, now_s);
  }
  const bool goes_on = interrupted == 0 && now_s < figures_.part().end_s - kQuietEndS;
  if (disturber_) disturber_->look(now_ms(), goes_on);
  progress_.show(phase(now_s), figures_, std::max(0.0, figures_.part().end_s - now_s), now_ms());
  if (interrupted == 0 || told_to_stop_) return;
  told_to_stop_ = true;
  // Behind that all is sent and measured, and it ends by itself; who does not want to wait asks twice.
  if (now_s < figures_.part().end_s) interrupted_after_s_ = std::max(now_s, 0.0);
  pool.stop();
}

int LoadRun::conclude(const WorkerPool& pool) {
  progress_.end();
  RunWords words{pool.findings(), pool.troubles(), pool.failure(), 0, load_cpu_s_};
  words.interrupted_after_s = interrupted > 1 && interrupted_after_s_ < 0 ? at_s() : interrupted_after_s_;
  add_servers(words);
  if (disturber_) {
    words.disturbances = disturber_->disturbances();
    words.findings.insert(words.findings.end(), disturber_->failures().begin(), disturber_->failures().end());
  }
  const Outcome outcome = judge_run(options_, figures_, words);
  RunReport report{description_, outcome, figures_};
  if (probe_) {
    report.servers = &*probe_;
    report.use = probe_->use(figures_.part().begin_s, figures_.part().end_s);
    for (ServerUse& use : report.use) {
      if (const auto calls = calls_.find(use.pid); calls != calls_.end()) use.syscalls = calls->second;
    }
  }
  report.load_cpu_s = load_cpu_s_;
  report.syscall_tool = syscall_tool_;
  report.work_while_counting = work_while_counting_;
  if (options_.json_path != "-") std::cout << report_table(report, ::isatty(STDOUT_FILENO) != 0) << std::flush;
  if (const Status written = write_reports(report); !written.ok()) {
    return std::max(outcome.exit_code, fail(written.message(), kExitBroken));
  }
  return outcome.exit_code;
}

Status LoadRun::write_reports(const RunReport& report) const {
  Status written;
  if (!options_.json_path.empty()) written = write_report(options_.json_path, report_json(report));
  if (options_.report_path.empty()) return written;
  const Status page = write_report(options_.report_path, report_html(report));
  return written.ok() ? page : written;
}

void LoadRun::add_servers(RunWords& words) {
  if (!probe_) return;
  probe_->sample(at_s());
  for (const ServerSeries& server : probe_->servers()) {
    if (server.ended) words.ended.push_back(server.name);
    if (server.restarted) words.restarted.push_back(server.name);
  }
}

}  // namespace

int run_load(const LoadOptions& options, int argc, const char* const* argv) {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  struct sigaction hangup {};
  ::sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) ::sigaction(SIGHUP, &action, nullptr);  // ignored: by nohup
  (void)std::signal(SIGPIPE, SIG_IGN);
  return LoadRun(options, argc, argv).run();
}

}  // namespace talkbeat::load
