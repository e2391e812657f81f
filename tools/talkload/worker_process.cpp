#include "tools/talkload/worker_process.h"

#include <fmt/format.h>
#include <sys/prctl.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <memory>

#include "base/epoll_transport.h"
#include "base/log.h"
#include "tools/talkload/figures.h"

namespace talkbeat::load {

namespace {

constexpr Tick kSampleMs = 20;
constexpr uint64_t kNsPerMs = 1'000'000;
constexpr uint64_t kSampleNs = 1'000 * kNsPerMs;
constexpr uint64_t kTellOnlineNs = 200 * kNsPerMs;
constexpr uint32_t kConnectsAtOnce = 128;
constexpr uint64_t kHopelessTries = 500;       // without one login
constexpr uint64_t kHopelessCloses = 1'000;    // and as many as there are clients
constexpr uint64_t kQuietNs = 200 * kNsPerMs;  // so long after all is there, nothing may come twice
constexpr uint32_t kClientsPerSource = 5'000;  // half of what servers allow one address

uint32_t sources_for(const LoadOptions& options, const ClusterAccess& access) {
  if (options.source_addresses > 0) return options.source_addresses;
  const auto& servers = access.msg_servers.empty() ? access.login_servers : access.msg_servers;
  const bool local =
      std::all_of(servers.begin(), servers.end(), [](const Address& server) { return server.ip.starts_with("127."); });
  const uint32_t clients = options.all_clients();
  return local && clients > kClientsPerSource ? (clients + kClientsPerSource - 1) / kClientsPerSource : 0;
}

FleetOptions fleet_options(const LoadOptions& options, const ClusterAccess& access, const ProcessShare& share) {
  FleetOptions fleet;
  const bool storm = options.scenario == ScenarioKind::kLogin;
  fleet.connect_rate = options.connect_rate / share.processes;
  fleet.connect_window = storm ? options.window : kConnectsAtOnce;
  fleet.heartbeat_ms = options.heartbeat_ms;
  fleet.source_addresses = sources_for(options, access);
  fleet.first_source = share.first(options.all_clients());
  fleet.reconnect = options.scenario == ScenarioKind::kReconnect;
  fleet.seed = options.seed * 1'000 + share.process;
  return fleet;
}

class Worker final : private ReadyHandler {
 public:
  Worker(const LoadOptions& options, const ClusterAccess& access, const ProcessShare& share, ProcessChannel channel);

  void run() { loop_.run(); }

 private:
  enum class Stage : uint8_t { kConnecting, kPreparing, kReady, kRunning, kSettling };

  void on_ready(bool readable, bool writable) override;
  void look();
  void look_at_connecting(uint64_t now_ns);
  void look_at_running(uint64_t now_ns);
  void look_at_settling(uint64_t now_ns);
  void be_ready();
  void go(uint64_t start_ns);
  void begin();
  void settle(uint64_t now_ns);
  void finish(uint64_t now_ns);
  void fail(const std::string& why);
  void sample(uint64_t now_ns);
  void tell_troubles();
  uint64_t end_ns() const;

  LoadOptions options_;
  SystemClock clock_;
  EpollTransport transport_;
  EventLoop loop_;
  ProcessChannel channel_;
  WatchId watch_;
  Counters counters_;
  Histogram latency_;
  Findings findings_{counters_};
  ScenarioContext context_;
  std::unique_ptr<Scenario> scenario_;
  Fleet fleet_;
  Timer timer_;
  Stage stage_ = Stage::kConnecting;
  uint64_t born_ns_ = monotonic_ns();
  uint64_t told_online_ns_ = 0;
  uint64_t start_ns_ = 0;  // 0: not told yet
  uint64_t next_sample_ns_ = 0;
  uint64_t settle_until_ns_ = 0;
  uint64_t settled_since_ns_ = 0;  // 0: it is not
  bool begun_ = false;
  bool measuring_ = false;
};

Worker::Worker(const LoadOptions& options, const ClusterAccess& access, const ProcessShare& share,
               ProcessChannel channel)
    : options_(options),
      loop_(clock_, transport_),
      channel_(std::move(channel)),
      watch_(loop_.watch(channel_.fd(), Interest::kRead, *this)),
      context_{options_, access, share, loop_, counters_, latency_, findings_},
      scenario_(make_scenario(context_)),
      fleet_(loop_, access, scenario_->plan(), fleet_options(options_, access, share), counters_, *scenario_),
      timer_(loop_.timers(), [this] { look(); }) {
  scenario_->attach(fleet_, 0);
  timer_.start_every(kSampleMs);
  if (scenario_->begins_online()) {
    fleet_.start_all();
  } else {
    be_ready();
  }
}

void Worker::on_ready(bool /*readable*/, bool /*writable*/) {
  const bool alive = channel_.receive();
  while (const auto told = channel_.next()) {
    if (told->word == Word::kGo) go(std::strtoull(told->text.c_str(), nullptr, 10));
    if (told->word != Word::kStop) continue;
    if (stage_ == Stage::kRunning && begun_) {
      settle(monotonic_ns());
    } else if (stage_ != Stage::kSettling) {
      loop_.stop();
    }
  }
  if (!alive) loop_.stop();
}

void Worker::look() {
  const uint64_t now_ns = monotonic_ns();
  switch (stage_) {
    case Stage::kConnecting:
      look_at_connecting(now_ns);
      break;
    case Stage::kPreparing:
      if (scenario_->prepared()) {
        be_ready();
        break;
      }
      if (fleet_.online_count() < fleet_.size()) {  // a request may be lost with its connection
        fail("a connection was closed while the scenario was prepared");
        break;
      }
      if (now_ns - born_ns_ > static_cast<uint64_t>(options_.connect_timeout_ms) * kNsPerMs) {
        fail("what the scenario needs could not be prepared in time (--connect-timeout)");
      }
      break;
    case Stage::kReady:
      break;
    case Stage::kRunning:
      look_at_running(now_ns);
      break;
    case Stage::kSettling:
      look_at_settling(now_ns);
      break;
  }
}

void Worker::look_at_connecting(uint64_t now_ns) {
  if (now_ns - told_online_ns_ > kTellOnlineNs) {
    told_online_ns_ = now_ns;
    channel_.tell(Word::kOnline, std::to_string(fleet_.online_count()));
  }
  if (fleet_.online_count() == fleet_.size()) {
    stage_ = Stage::kPreparing;
    scenario_->prepare();
    return;
  }
  const bool nobody = fleet_.online_count() == 0 && counters_.refused + counters_.errors > kHopelessTries;
  const bool hopeless = nobody || counters_.closed > fleet_.size() + kHopelessCloses;
  if (hopeless || now_ns - born_ns_ > static_cast<uint64_t>(options_.connect_timeout_ms) * kNsPerMs) {
    fail(fmt::format("only {} of {} clients could log in within {:.0f} s", fleet_.online_count(), fleet_.size(),
                     static_cast<double>(now_ns - born_ns_) / 1e9));
  }
}

void Worker::be_ready() {
  stage_ = Stage::kReady;
  channel_.tell(Word::kOnline, std::to_string(fleet_.online_count()));
  channel_.tell(Word::kReady);
}

void Worker::go(uint64_t start_ns) {
  if (stage_ != Stage::kReady) return;
  start_ns_ = start_ns;
  next_sample_ns_ = start_ns + kSampleNs;
  stage_ = Stage::kRunning;
}

// What went wrong on the way here was put right, and stays among the troubles; the counters are those of the load.
void Worker::begin() {
  begun_ = true;
  counters_ = {};
  counters_.connections = counters_.logged_in = fleet_.online_count();
  fleet_.load_begins();
  scenario_->begin(start_ns_);
}

uint64_t Worker::end_ns() const {
  return start_ns_ + static_cast<uint64_t>(options_.warmup_ms + options_.duration_ms) * kNsPerMs;
}

void Worker::look_at_running(uint64_t now_ns) {
  if (now_ns < start_ns_) return;
  if (!begun_) begin();
  scenario_->pulse(now_ns);
  const uint64_t measured_from = start_ns_ + static_cast<uint64_t>(options_.warmup_ms) * kNsPerMs;
  const bool measuring_begins = !measuring_ && now_ns >= measured_from;
  if (now_ns >= end_ns()) {
    settle(now_ns);
  } else if (now_ns >= next_sample_ns_ || measuring_begins) {
    sample(now_ns);
  }
  measuring_ = now_ns >= measured_from;
}

void Worker::settle(uint64_t now_ns) {
  sample(now_ns);
  scenario_->stop_sending();
  settle_until_ns_ = now_ns + static_cast<uint64_t>(options_.grace_ms) * kNsPerMs;
  stage_ = Stage::kSettling;
}

void Worker::look_at_settling(uint64_t now_ns) {
  scenario_->pulse(now_ns);
  if (!scenario_->settled()) {
    settled_since_ns_ = 0;
  } else if (settled_since_ns_ == 0) {
    settled_since_ns_ = now_ns;
  }
  const bool quiet = settled_since_ns_ > 0 && now_ns - settled_since_ns_ >= kQuietNs;
  if (quiet || now_ns >= settle_until_ns_) {
    finish(now_ns);
  } else if (now_ns >= next_sample_ns_) {
    sample(now_ns);
  }
}

void Worker::finish(uint64_t now_ns) {
  scenario_->judge();
  sample(now_ns);
  for (const std::string& finding : findings_.named()) channel_.tell(Word::kFinding, finding);
  tell_troubles();
  channel_.tell(Word::kDone);
  fleet_.close_all();
  loop_.stop();
}

void Worker::fail(const std::string& why) {
  tell_troubles();
  channel_.tell(Word::kFailed, why);
  fleet_.close_all();
  loop_.stop();
}

void Worker::sample(uint64_t now_ns) {
  fleet_.count_bytes();
  const Sample made{static_cast<double>(now_ns - start_ns_) / 1e9, counters_, latency_};
  channel_.tell(Word::kSample, encode(made));
  latency_ = Histogram();
  while (next_sample_ns_ <= now_ns) next_sample_ns_ += kSampleNs;
}

void Worker::tell_troubles() {
  for (const auto& [why, count] : fleet_.troubles()) channel_.tell(Word::kTrouble, fmt::format("{} {}", count, why));
}

}  // namespace

void run_worker(const LoadOptions& options, const ClusterAccess& access, const ProcessShare& share,
                ProcessChannel channel) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  (void)std::signal(SIGINT, SIG_IGN);  // the parent hears it, and tells us
  (void)std::signal(SIGTERM, SIG_IGN);
  (void)std::signal(SIGHUP, SIG_IGN);
  (void)std::signal(SIGPIPE, SIG_IGN);
  Worker(options, access, share, std::move(channel)).run();
}

}  // namespace talkbeat::load
