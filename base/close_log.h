#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/closed_connections.h"
#include "base/metrics.h"

namespace talkbeat {

/// Says why connections end: for each one line in the log, one count in
/// `talkbeat_connections_closed_total{role,reason}`, and an entry in the record of the last ones. Give observe() to the
/// ConnectionTable.
class CloseLog {
 public:
  /// `kept`: how many closed connections stay on record.
  CloseLog(Metrics& metrics, size_t kept) : metrics_(metrics), closed_(kept) {}

  void observe(const Connection& connection, CloseReason reason);
  const ClosedConnections& closed() const { return closed_; }

 private:
  void count(std::string_view role, CloseReason reason);
  std::vector<Counter>& add_role(std::string_view role);

  Metrics& metrics_;
  ClosedConnections closed_;
  std::map<std::string, std::vector<Counter>, std::less<>> by_role_;  // by CloseReason
};

}  // namespace talkbeat
