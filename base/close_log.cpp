#include "base/close_log.h"

#include "base/log.h"

namespace talkbeat {

void CloseLog::observe(const Connection& connection, CloseReason reason) {
  const char* role = connection.protocol().role();
  log_info("connection_closed", {{"conn", connection.id()},
                                 {"role", role},
                                 {"peer", connection.peer().to_string()},
                                 {"who", connection.subject()},
                                 {"reason", to_string(reason)},
                                 {"age_ms", connection.age()},
                                 {"silent_ms", connection.silent_for()}});
  count(role, reason);
  closed_.add(connection, reason);
}

void CloseLog::count(std::string_view role, CloseReason reason) {
  const auto found = by_role_.find(role);
  auto& counters = found != by_role_.end() ? found->second : add_role(role);
  counters[static_cast<size_t>(reason)].add();
}

std::vector<Counter>& CloseLog::add_role(std::string_view role) {
  std::vector<Counter>& counters = by_role_[std::string(role)];
  for (int reason = 0; reason < kCloseReasons; ++reason) {
    counters.push_back(metrics_.counter(
        "talkbeat_connections_closed_total", "Connections closed, by what they were for and why they ended.",
        {{"role", std::string(role)}, {"reason", to_string(static_cast<CloseReason>(reason))}}));
  }
  return counters;
}

}  // namespace talkbeat
