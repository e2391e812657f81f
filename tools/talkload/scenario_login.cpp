#include "tools/talkload/scenario.h"

// A storm of logins: each client logs in, leaves, and logs in again, as fast as the server lets it (at most --window at
// once a process) or at --rate logins a second.
namespace talkbeat::load {

namespace {

class LoginScenario final : public Scenario {
 public:
  explicit LoginScenario(const ScenarioContext& context) : context_(context) {}

  std::vector<ClientPlan> plan() override {
    std::vector<ClientPlan> plans;
    const uint32_t clients = context_.options.clients;
    for (uint32_t i = context_.share.first(clients); i < context_.share.last(clients); ++i) {
      plans.push_back({i, context_.server_of(i)});
    }
    return plans;
  }
  bool begins_online() const override { return false; }
  void begin(uint64_t /*start_ns*/) override {
    running_ = true;
    fleet().start_all();
  }
  void stop_sending() override {
    running_ = false;
    fleet().let_go();
  }
  bool settled() const override { return true; }

  void on_online(uint32_t client, uint64_t took_ns, bool /*again*/) override {
    if (!running_) return;
    context_.latency.record(took_ns);
    fleet().drop(client);
    fleet().start(client);
  }

 private:
  ScenarioContext context_;
  bool running_ = false;
};

}  // namespace

std::unique_ptr<Scenario> make_login_scenario(const ScenarioContext& context) {
  return std::make_unique<LoginScenario>(context);
}

}  // namespace talkbeat::load
