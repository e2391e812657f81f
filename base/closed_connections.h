#pragma once

#include <deque>
#include <string>
#include <vector>

#include "base/connection.h"

namespace talkbeat {

/// What is left of a connection when it is gone.
struct ClosedConnection {
  uint64_t number = 0;           ///< as in the log
  uint64_t number_of_close = 0;  ///< 1, 2, 3, … in the order in which they ended
  std::string role;
  std::string subject;  ///< who it was; empty: never known
  Address peer;
  CloseReason reason{};
  Tick closed_at = 0;
  Tick age_ms = 0;
  Tick silent_ms = 0;
  std::vector<LivenessRecord> history;
};

/// The last closed connections, so that "why was she disconnected?" has an answer (OPERATIONS.md, rule 8). Those of
/// which it is known who it was are kept apart from the others: strangers and a monitoring system's visits must not
/// push out what matters. Owned by a server; the loop's thread only.
///
///   closed.add(connection, reason);
///   closed.for_each_newest([](const ClosedConnection& gone) { … return true; });
class ClosedConnections {
 public:
  /// So many are kept of those that are known, and a tenth as many of the others.
  explicit ClosedConnections(size_t capacity) : known_{capacity, {}}, strangers_{capacity / 10, {}} {}

  /// Inside of the close observer.
  void add(const Connection& connection, CloseReason reason);
  /// Until `visit` returns false.
  template <class Visit>
  void for_each_newest(Visit visit) const;

 private:
  struct Ring {
    size_t capacity;
    std::deque<ClosedConnection> closed;  // the newest first
  };

  Ring known_;
  Ring strangers_;
  uint64_t closes_ = 0;
};

template <class Visit>
void ClosedConnections::for_each_newest(Visit visit) const {
  auto known = known_.closed.begin();
  auto stranger = strangers_.closed.begin();
  while (known != known_.closed.end() || stranger != strangers_.closed.end()) {
    const bool take_known = stranger == strangers_.closed.end() ||
                            (known != known_.closed.end() && known->number_of_close > stranger->number_of_close);
    if (!visit(take_known ? *known++ : *stranger++)) return;
  }
}

}  // namespace talkbeat
