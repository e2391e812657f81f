#include <algorithm>
#include <deque>
#include <optional>
#include <string>

#include "tools/talkload/pace_timer.h"
#include "tools/talkload/pacing.h"
#include "tools/talkload/scenario.h"

// A storm of logins: each client logs in, leaves, and logs in again, as fast as the server lets it (at most --window at
// once a process); or at --rate logins a second, in an open loop: a login counts from when it was meant to begin, also
// where it had to wait for its turn.
namespace talkbeat::load {

namespace {

class LoginScenario final : public Scenario {
 public:
  explicit LoginScenario(const ScenarioContext& context)
      : context_(context), pace_timer_(context.loop, [this] { start_due(monotonic_ns()); }) {}

  std::vector<ClientPlan> plan() override;
  bool begins_online() const override { return false; }
  void begin(uint64_t start_ns) override;
  void pulse(uint64_t now_ns) override { start_due(now_ns); }
  void stop_sending() override;
  bool settled() const override { return waiting_.size() == intended_ns_.size(); }
  void judge() override;

  void on_online(uint32_t client, uint64_t took_ns, bool again) override;

 private:
  void start_due(uint64_t now_ns);

  ScenarioContext context_;
  std::optional<OpenSchedule> schedule_;
  PaceTimer pace_timer_;
  std::deque<uint32_t> waiting_;       // open loop: clients that are not about to log in
  std::vector<uint64_t> intended_ns_;  // likewise: of each client
  bool running_ = false;
};

std::vector<ClientPlan> LoginScenario::plan() {
  std::vector<ClientPlan> plans;
  const uint32_t clients = context_.options.clients;
  for (uint32_t i = context_.share.first(clients); i < context_.share.last(clients); ++i) {
    plans.push_back({i, context_.server_of(i)});
  }
  return plans;
}

void LoginScenario::begin(uint64_t start_ns) {
  running_ = true;
  const double rate = context_.share.rate_of(context_.options.rate, context_.options.clients);
  if (rate <= 0) {
    fleet().start_all();
    return;
  }
  const double shift = static_cast<double>(context_.share.process) / context_.share.processes;
  schedule_.emplace(start_ns, rate, shift);
  intended_ns_.resize(fleet().size());
  for (uint32_t client = 0; client < fleet().size(); ++client) waiting_.push_back(client);
  start_due(monotonic_ns());
}

void LoginScenario::start_due(uint64_t now_ns) {
  if (!running_ || !schedule_) return;
  while (schedule_->due(now_ns) && !waiting_.empty()) {
    const uint32_t client = waiting_.front();
    waiting_.pop_front();
    intended_ns_[client] = schedule_->take();
    fleet().start(client);
  }
  pace_timer_.wake_at(schedule_->wake_ns(now_ns));
}

void LoginScenario::stop_sending() {
  const uint64_t now = monotonic_ns();  // one look: what falls due between two was not late
  start_due(now);
  if (running_ && schedule_) context_.counters.unsent += schedule_->give_up(now);
  running_ = false;
  if (!schedule_) fleet().let_go();  // those of an open loop are waited for
}

void LoginScenario::judge() {
  fleet().let_go();
  if (!settled()) context_.findings.wrong(std::to_string(intended_ns_.size() - waiting_.size()) + " logins had no end");
}

void LoginScenario::on_online(uint32_t client, uint64_t took_ns, bool /*again*/) {
  if (!running_ && !schedule_) return;
  context_.latency.record(schedule_ ? monotonic_ns() - intended_ns_[client] : took_ns);
  fleet().drop(client);
  if (!schedule_) {
    fleet().start(client);
    return;
  }
  waiting_.push_back(client);
  start_due(monotonic_ns());
}

}  // namespace

std::unique_ptr<Scenario> make_login_scenario(const ScenarioContext& context) {
  return std::make_unique<LoginScenario>(context);
}

}  // namespace talkbeat::load
