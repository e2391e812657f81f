#include "base/closed_connections.h"

namespace talkbeat {

void ClosedConnections::add(const Connection& connection, CloseReason reason) {
  std::string subject = connection.subject();
  Ring& ring = subject.empty() ? strangers_ : known_;
  if (ring.capacity == 0 || reason == CloseReason::kAnswered) return;
  if (ring.closed.size() == ring.capacity) ring.closed.pop_back();
  ring.closed.push_front({.number = log_number(connection.id()),
                          .number_of_close = ++closes_,
                          .role = connection.protocol().role(),
                          .subject = std::move(subject),
                          .peer = connection.peer(),
                          .reason = reason,
                          .closed_at = connection.now(),
                          .age_ms = connection.age(),
                          .silent_ms = connection.silent_for(),
                          .history = connection.history()});
}

}  // namespace talkbeat
