#include "tools/talkload/scenario.h"

namespace talkbeat::load {

uint16_t ScenarioContext::server_of(uint32_t number) const {
  if (access.msg_servers.empty()) return 0;
  if (options.msg_server >= 0) return static_cast<uint16_t>(options.msg_server);
  return static_cast<uint16_t>(number % access.msg_servers.size());
}

std::unique_ptr<Scenario> make_scenario(const ScenarioContext& context) {
  const LoadOptions& options = context.options;
  const double rate = options.rate;
  switch (options.scenario) {
    case ScenarioKind::kLogin:
      return make_login_scenario(context);
    case ScenarioKind::kIdle:
      return make_idle_scenario(context, 0, options.clients, true);
    case ScenarioKind::kRelay:
      return make_pairs_scenario(context, PairKind::kRelay, 0, options.pairs, rate);
    case ScenarioKind::kReconnect:
      return make_pairs_scenario(context, PairKind::kRecoveringChat, 0, options.pairs, rate);
    case ScenarioKind::kGroup:
      return make_group_scenario(context, 0, rate);
    case ScenarioKind::kMixed:
    case ScenarioKind::kSoak:
      return make_mixed_scenario(context);
    case ScenarioKind::kChat:
      break;
  }
  return make_pairs_scenario(context, PairKind::kChat, 0, options.pairs, rate);
}

}  // namespace talkbeat::load
