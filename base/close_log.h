#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/connection.h"
#include "base/metrics.h"

namespace talkbeat {

/// Says why connections end: one line in the log and one count in `talkbeat_connections_closed_total{role,reason}` for
/// each. Give observe() to the ConnectionTable.
class CloseLog {
 public:
  explicit CloseLog(Metrics& metrics) : metrics_(metrics) {}

  void observe(const Connection& connection, CloseReason reason);

 private:
  void count(std::string_view role, CloseReason reason);
  std::vector<Counter>& add_role(std::string_view role);

  Metrics& metrics_;
  std::map<std::string, std::vector<Counter>, std::less<>> by_role_;  // by CloseReason
};

}  // namespace talkbeat
