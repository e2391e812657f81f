#pragma once

#include <deque>
#include <string>
#include <vector>

#include "base/connection.h"

namespace talkbeat {

/// What is left of a connection when it is gone.
struct ClosedConnection {
  uint64_t number = 0;  ///< as in the log
  std::string role;
  std::string subject;  ///< who it was; empty: never known
  Address peer;
  CloseReason reason{};
  Tick closed_at = 0;
  Tick age_ms = 0;
  Tick silent_ms = 0;
  std::vector<LivenessRecord> history;
};

/// The last closed connections, so that "why was she disconnected?" has an answer (KEEPALIVE.md rule 8). Requests that
/// were answered are left out: a monitoring system's visits must not push out what matters. Owned by a server; the
/// loop's thread only.
///
///   closed.add(connection, reason);
///   for (const ClosedConnection& gone : closed.newest_first()) …
class ClosedConnections {
 public:
  /// 0: nothing is kept.
  explicit ClosedConnections(size_t capacity) : capacity_(capacity) {}

  /// Inside of the close observer.
  void add(const Connection& connection, CloseReason reason);
  const std::deque<ClosedConnection>& newest_first() const { return closed_; }

 private:
  size_t capacity_;
  std::deque<ClosedConnection> closed_;
};

}  // namespace talkbeat
