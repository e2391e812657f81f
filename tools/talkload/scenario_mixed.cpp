#include <algorithm>

#include "tools/talkload/scenario.h"

// Several scenarios beside each other in one process: each has its own part of the clients.
namespace talkbeat::load {

namespace {

// Of the messages a second.
constexpr double kChatPart = 0.6;
constexpr double kRelayPart = 0.3;
constexpr double kGroupPart = 0.1;

class MixedScenario final : public Scenario {
 public:
  explicit MixedScenario(const ScenarioContext& context) {
    const LoadOptions& options = context.options;
    const double rate = options.rate;
    const uint32_t relay_user = 2 * options.pairs;
    const uint32_t group_user = 2 * relay_user;
    const uint32_t idle_user = group_user + options.groups * options.members;
    add(make_pairs_scenario(context, PairKind::kChat, 0, options.pairs, rate * kChatPart));
    add(make_pairs_scenario(context, PairKind::kRelay, relay_user, options.pairs, rate * kRelayPart));
    add(make_group_scenario(context, group_user, rate * kGroupPart));
    add(make_idle_scenario(context, idle_user, options.clients, false));
  }

  std::vector<ClientPlan> plan() override {
    std::vector<ClientPlan> all;
    for (Part& part : parts_) {
      part.begin = static_cast<uint32_t>(all.size());
      const std::vector<ClientPlan> plans = part.scenario->plan();
      all.insert(all.end(), plans.begin(), plans.end());
    }
    return all;
  }
  void attach(Fleet& fleet, uint32_t first) override {
    for (Part& part : parts_) part.scenario->attach(fleet, first + part.begin);
  }
  void prepare() override {
    for (Part& part : parts_) part.scenario->prepare();
  }
  bool prepared() const override {
    return std::all_of(parts_.begin(), parts_.end(), [](const Part& part) { return part.scenario->prepared(); });
  }
  void begin(uint64_t start_ns) override {
    for (Part& part : parts_) part.scenario->begin(start_ns);
  }
  void pulse(uint64_t now_ns) override {
    for (Part& part : parts_) part.scenario->pulse(now_ns);
  }
  void stop_sending() override {
    for (Part& part : parts_) part.scenario->stop_sending();
  }
  bool settled() const override {
    return std::all_of(parts_.begin(), parts_.end(), [](const Part& part) { return part.scenario->settled(); });
  }
  void judge() override {
    for (Part& part : parts_) part.scenario->judge();
  }

  void on_online(uint32_t client, uint64_t took_ns, bool again) override {
    of(client).on_online(client, took_ns, again);
  }
  void on_pdu(uint32_t client, const PduHeader& header, std::span<const std::byte> body, uint64_t now_ns) override {
    of(client).on_pdu(client, header, body, now_ns);
  }
  void on_offline(uint32_t client) override { of(client).on_offline(client); }
  void on_beat_answered(uint32_t client, uint64_t took_ns) override { of(client).on_beat_answered(client, took_ns); }

 private:
  struct Part {
    std::unique_ptr<Scenario> scenario;
    uint32_t begin = 0;  // its first client
  };

  void add(std::unique_ptr<Scenario> scenario) { parts_.push_back({std::move(scenario)}); }
  Scenario& of(uint32_t client) {
    const auto next = std::upper_bound(parts_.begin(), parts_.end(), client,
                                       [](uint32_t number, const Part& part) { return number < part.begin; });
    return *std::prev(next)->scenario;
  }

  std::vector<Part> parts_;
};

}  // namespace

std::unique_ptr<Scenario> make_mixed_scenario(const ScenarioContext& context) {
  return std::make_unique<MixedScenario>(context);
}

}  // namespace talkbeat::load
