#include "base/closed_connections.h"

namespace talkbeat {

void ClosedConnections::add(const Connection& connection, CloseReason reason) {
  if (capacity_ == 0 || reason == CloseReason::kAnswered) return;
  if (closed_.size() == capacity_) closed_.pop_back();
  closed_.push_front({.number = log_number(connection.id()),
                      .role = connection.protocol().role(),
                      .subject = connection.subject(),
                      .peer = connection.peer(),
                      .reason = reason,
                      .closed_at = connection.now(),
                      .age_ms = connection.age(),
                      .silent_ms = connection.silent_for(),
                      .history = connection.history()});
}

}  // namespace talkbeat
