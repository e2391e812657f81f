#include <string>

#include "tools/talkload/scenario.h"

// Clients that are logged in and do nothing but beat.
namespace talkbeat::load {

namespace {

class IdleScenario final : public Scenario {
 public:
  IdleScenario(const ScenarioContext& context, uint32_t user, uint32_t clients, bool beats_count)
      : context_(context), user_(user), clients_(clients), beats_count_(beats_count) {}

  std::vector<ClientPlan> plan() override {
    std::vector<ClientPlan> plans;
    for (uint32_t i = context_.share.first(clients_); i < context_.share.last(clients_); ++i) {
      plans.push_back({user_ + i, context_.server_of(i)});
    }
    return plans;
  }
  void begin(uint64_t /*start_ns*/) override { running_ = true; }
  void stop_sending() override {
    if (beats_count_) fleet().stop_beating();
  }
  bool settled() const override { return !beats_count_ || fleet().open_beats() == 0; }
  void judge() override {
    const uint32_t open = settled() ? 0 : fleet().open_beats();
    if (open > 0) context_.findings.wrong(std::to_string(open) + " heartbeats had no answer");
  }

  void on_beat_answered(uint32_t /*client*/, uint64_t took_ns) override {
    if (running_ && beats_count_) context_.latency.record(took_ns);
  }

 private:
  ScenarioContext context_;
  uint32_t user_;
  uint32_t clients_;
  bool beats_count_;
  bool running_ = false;
};

}  // namespace

std::unique_ptr<Scenario> make_idle_scenario(const ScenarioContext& context, uint32_t user, uint32_t clients,
                                             bool beats_count) {
  return std::make_unique<IdleScenario>(context, user, clients, beats_count);
}

}  // namespace talkbeat::load
