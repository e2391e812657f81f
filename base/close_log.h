#pragma once

#include <array>

#include "base/connection.h"
#include "base/metrics.h"

namespace talkbeat {

/// Says why connections end: one line in the log and one count in `talkbeat_connections_closed_total{role,reason}` for
/// each. Give observe() to the ConnectionTable.
class CloseLog {
 public:
  explicit CloseLog(Metrics& metrics);

  void observe(const Connection& connection, CloseReason reason);

 private:
  Metrics& metrics_;
};

}  // namespace talkbeat
