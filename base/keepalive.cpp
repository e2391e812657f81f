#include "base/keepalive.h"

#include <algorithm>

#include "base/timer_list.h"

namespace talkbeat {

void Liveness::join(LivenessNode& node, Tick now) {
  if (node.liveness_ != nullptr) node.liveness_->leave(node);
  const Tick own_now = own_time(now);
  node.liveness_ = this;
  node.last_received_ = node.last_sent_ = node.joined_ = own_now;
  by_received_.push_back(node);
  by_sent_.push_back(node);
  in_handshake_.push_back(node);
}

void Liveness::leave(LivenessNode& node) {
  static_cast<ListNode<ReceivedTag>&>(node).unlink();
  static_cast<ListNode<SentTag>&>(node).unlink();
  static_cast<ListNode<HandshakeTag>&>(node).unlink();
  static_cast<ListNode<PartialTag>&>(node).unlink();
  node.liveness_ = nullptr;
}

Tick Liveness::silence(const LivenessNode& node, Tick now) const {
  return own_time(now) - node.last_received_;
}

void Liveness::received(LivenessNode& node, Tick now) {
  node.last_received_ = own_time(now);
  by_received_.push_back(node);
}

void Liveness::sent(LivenessNode& node, Tick now) {
  node.last_sent_ = own_time(now);
  by_sent_.push_back(node);
}

void Liveness::handshake_done(LivenessNode& node) {
  static_cast<ListNode<HandshakeTag>&>(node).unlink();
}

void Liveness::partial(LivenessNode& node, bool open, Tick now) {
  auto& place = static_cast<ListNode<PartialTag>&>(node);
  if (open == place.linked()) return;
  if (!open) {
    place.unlink();
    return;
  }
  node.partial_since_ = own_time(now);
  with_partial_.push_back(node);
}

Tick Liveness::next_due() const {
  Tick due = TimerList::kNever;
  const auto consider = [&due](bool any, Tick since, Tick timeout) {
    if (any && timeout > 0) due = std::min(due, since + timeout);
  };
  const auto head = [](const auto& list, auto member) { return list.empty() ? Tick{0} : list.front().*member; };
  consider(!by_sent_.empty(), head(by_sent_, &LivenessNode::last_sent_), policy_.heartbeat_interval_ms);
  if (policy_.check_enabled) {
    consider(!by_received_.empty(), head(by_received_, &LivenessNode::last_received_), policy_.silence_timeout_ms);
    consider(!in_handshake_.empty(), head(in_handshake_, &LivenessNode::joined_), policy_.handshake_timeout_ms);
    consider(!with_partial_.empty(), head(with_partial_, &LivenessNode::partial_since_), policy_.pdu_timeout_ms);
  }
  return due == TimerList::kNever ? due : due + stalled_;
}

// A node leaves the list before it is judged, so that the loop ends whatever `actions` does with it.
template <class List, class Due>
void Liveness::close_due(List& list, Due due, CloseReason reason, Tick own_now, LivenessActions& actions) {
  const Tick timeout = due.timeout;
  if (timeout == 0) return;
  while (!list.empty() && list.front().*(due.since) + timeout <= own_now) {
    LivenessNode& node = list.pop_front();
    actions.close_dead(node, reason);
  }
}

void Liveness::check(Tick now, LivenessActions& actions) {
  const Tick own_now = own_time(now);
  struct Due {
    Tick LivenessNode::*since;
    Tick timeout;
  };
  if (policy_.check_enabled) {
    close_due(with_partial_, Due{&LivenessNode::partial_since_, policy_.pdu_timeout_ms}, CloseReason::kPduTimeout,
              own_now, actions);
    close_due(in_handshake_, Due{&LivenessNode::joined_, policy_.handshake_timeout_ms}, policy_.handshake_reason,
              own_now, actions);
    close_due(by_received_, Due{&LivenessNode::last_received_, policy_.silence_timeout_ms}, CloseReason::kSilent,
              own_now, actions);
  }
  if (policy_.heartbeat_interval_ms == 0) return;
  while (!by_sent_.empty() && by_sent_.front().last_sent_ + policy_.heartbeat_interval_ms <= own_now) {
    LivenessNode& node = by_sent_.front();
    sent(node, now);
    actions.send_heartbeat(node);
  }
}

}  // namespace talkbeat
