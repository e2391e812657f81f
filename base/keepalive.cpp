#include "base/keepalive.h"

#include <algorithm>
#include <utility>

#include "base/timer_list.h"

namespace talkbeat {

namespace {

template <class Tag>
bool is_in(const LivenessExtra& extra) {
  return static_cast<const ListNode<Tag>&>(extra).linked();
}

}  // namespace

// The lists are in order of time, so they are made anew where a rule begins that was off.
void Liveness::set_policy(const LivenessPolicy& policy) {
  const bool needed_extra = needs_extra();
  policy_ = policy;
  if (needed_extra || !needs_extra()) return;
  std::vector<LivenessExtra*> all;
  const auto add = [&all](LivenessNode& node) { all.push_back(&extra_of(node, node.last_received_)); };
  by_received_.for_each(add);
  probed_.for_each(add);
  std::ranges::stable_sort(all, {}, &LivenessExtra::last_sent);
  for (LivenessExtra* extra : all) by_sent_.push_back(*extra);
  std::ranges::stable_sort(all, {}, &LivenessExtra::last_activity);
  for (LivenessExtra* extra : all) by_activity_.push_back(*extra);
}

LivenessExtra& Liveness::extra_of(LivenessNode& node, Tick since) {
  if (node.extra_ == nullptr) node.extra_ = std::make_unique<LivenessExtra>(node, since);
  return *node.extra_;
}

void Liveness::join(LivenessNode& node, Tick now) {
  if (node.liveness_ != nullptr) {
    node.liveness_->leave(node);
  } else {
    node.joined_at_ = now;
  }
  const Tick own_now = own_time(now);
  node.liveness_ = this;
  node.last_received_ = node.stage_since_ = own_now;
  node.probed_at_ = LivenessNode::kNone;
  by_received_.push_back(node);
  if (needs_extra()) {
    LivenessExtra& extra = extra_of(node, own_now);
    by_sent_.push_back(extra);
    by_activity_.push_back(extra);
  }
  node.in_handshake_ = true;
  handshaking_.push_back(node);
}

void Liveness::leave(LivenessNode& node) {
  static_cast<ListNode<ReceivedTag>&>(node).unlink();
  static_cast<ListNode<StageTag>&>(node).unlink();
  node.extra_.reset();
  node.liveness_ = nullptr;
}

void Liveness::note(LivenessNode& node, LivenessEvent event, Tick now, Tick value) {
  node.recorder_.note(event, now, value);
}

Tick Liveness::silence(const LivenessNode& node, Tick now) const {
  return own_time(now) - node.last_received_;
}

void Liveness::received(LivenessNode& node, Tick now) {
  const Tick own_now = own_time(now);
  if (node.probed_at_ != LivenessNode::kNone) {
    note(node, LivenessEvent::kProbeAnswered, now, own_now - node.probed_at_);
    node.probed_at_ = LivenessNode::kNone;
  } else if (node.last_received_ == own_now && static_cast<ListNode<ReceivedTag>&>(node).linked()) {
    return;  // a busy peer: its place in the order is right already
  }
  node.last_received_ = own_now;
  by_received_.push_back(node);
}

void Liveness::sent(LivenessNode& node, Tick now, Traffic traffic) {
  const Tick own_now = own_time(now);
  if (node.extra_ != nullptr && is_in<SentTag>(*node.extra_) && node.extra_->last_sent != own_now) {
    node.extra_->last_sent = own_now;
    by_sent_.push_back(*node.extra_);
  }
  if (traffic == Traffic::kHeartbeat) return;
  active(node, now);
  if (!policy_.count_sent_as_activity) return;
  node.probed_at_ = LivenessNode::kNone;
  node.last_received_ = own_time(now);
  by_received_.push_back(node);
}

void Liveness::active(LivenessNode& node, Tick now) {
  node.strikes_ = 0;
  if (node.extra_ == nullptr || !is_in<ActivityTag>(*node.extra_)) return;
  if (node.extra_->last_activity == own_time(now)) return;  // a request and its answer
  node.extra_->last_activity = own_time(now);
  by_activity_.push_back(*node.extra_);
}

Tick Liveness::least_ping_gap() const {
  Tick interval = policy_.min_ping_interval_ms;
  if (policy_.silence_timeout_ms > 0) interval = std::min(interval, policy_.silence_timeout_ms / 3);
  return interval - interval / kPingToleranceDivisor;
}

bool Liveness::is_early(LivenessNode& node, Tick gap) const {
  const Tick least = least_ping_gap();
  if (gap >= least) {
    node.pile_ = least > 0 && gap >= 2 * least ? static_cast<int32_t>(std::min<Tick>(gap / least, INT32_MAX)) : 0;
    return false;
  }
  if (node.pile_ == 0) return true;
  --node.pile_;
  return false;
}

bool Liveness::ping(LivenessNode& node, Tick now) {
  const bool first = node.last_ping_ == LivenessNode::kNone;
  const Tick gap = now - (first ? node.joined_at_ : node.last_ping_);
  note(node, LivenessEvent::kHeartbeatIn, now, first ? 0 : gap);
  if (std::exchange(node.asked_, false)) return true;  // its own beat goes on as before
  node.last_ping_ = now;
  if (!is_early(node, gap) || first) return true;
  ++node.strikes_;
  note(node, LivenessEvent::kStrike, now, gap);
  return node.strikes_ <= policy_.max_ping_strikes || !policy_.check_enabled;
}

void Liveness::handshake_done(LivenessNode& node, Tick now) {
  if (!std::exchange(node.in_handshake_, false)) return;
  note(node, LivenessEvent::kHandshakeDone, now, now - node.joined_at_);
  node.stage_since_ = own_time(now);
  by_age_[next_age_list_].push_back(node);
  // 8 and 21 have no common divisor: neighbours in time are dealt out far from each other.
  next_age_list_ = (next_age_list_ + 8) % kAgeLists;
}

void Liveness::partial(LivenessNode& node, bool open, Tick now) {
  const bool was_open = node.extra_ != nullptr && is_in<PartialTag>(*node.extra_);
  if (open == was_open) return;
  if (open) {
    LivenessExtra& extra = extra_of(node, node.last_received_);
    extra.partial_since = own_time(now);
    with_partial_.push_back(extra);
  } else if (needs_extra()) {
    static_cast<ListNode<PartialTag>&>(*node.extra_).unlink();
  } else {
    node.extra_.reset();
  }
}

void Liveness::spared(LivenessNode& node, Tick now, Tick silence) {
  note(node, LivenessEvent::kSpared, now, silence);
}

void Liveness::told_to_leave(LivenessNode& node, Tick now, Tick grace) {
  note(node, LivenessEvent::kToldToLeave, now, grace);
}

void Liveness::stalled(Tick stall, Tick now) {
  stalls_total_ += stall;
  stalls_.note(LivenessEvent::kStall, now, stall);
}

// Calls consider(list, since, timeout, reason) for each list that ends who has hung in it for too long.
template <class Self, class Consider>
void Liveness::for_each_deadline(Self& self, Consider consider) {
  const LivenessPolicy& policy = self.policy_;
  consider(self.with_partial_, &LivenessExtra::partial_since, policy.pdu_timeout_ms, CloseReason::kPduTimeout);
  consider(self.handshaking_, &LivenessNode::stage_since_, policy.handshake_timeout_ms, policy.handshake_reason);
  consider(self.by_received_, &LivenessNode::last_received_, policy.silence_timeout_ms, CloseReason::kSilent);
  consider(self.probed_, &LivenessNode::last_received_, policy.silence_timeout_ms, CloseReason::kSilent);
  consider(self.probed_, &LivenessNode::probed_at_, policy.probe_timeout_ms, CloseReason::kProbeUnanswered);
  consider(self.by_activity_, &LivenessExtra::last_activity, policy.max_idle_ms, CloseReason::kIdle);
  consider(self.leaving_, &LivenessNode::stage_since_, policy.age_grace_ms, CloseReason::kMaxAge);
}

Tick Liveness::next_to_tell() const {
  Tick due = TimerList::kNever;
  if (policy_.max_age_ms == 0) return due;
  for (size_t i = 0; i < kAgeLists; ++i) {
    if (!by_age_[i].empty()) due = std::min(due, by_age_[i].front().stage_since_ + age_limit(i));
  }
  return due == TimerList::kNever ? due : std::max(due, tell_not_before_);
}

Tick Liveness::next_due() const {
  Tick due = TimerList::kNever;
  const auto consider = [&due](const auto& list, auto since, Tick timeout) {
    if (timeout > 0 && !list.empty()) due = std::min(due, list.front().*since + timeout);
  };
  consider(by_sent_, &LivenessExtra::last_sent, policy_.heartbeat_interval_ms);
  consider(by_received_, &LivenessNode::last_received_, policy_.probe_after_ms);
  if (policy_.check_enabled) {
    for_each_deadline(*this, [&consider](const auto& list, auto since, Tick timeout, CloseReason) {
      consider(list, since, timeout);
    });
    due = std::min(due, next_to_tell());
  }
  return due == TimerList::kNever ? due : due + stalls_total_;
}

void Liveness::check(Tick now, LivenessActions& actions) {
  if (policy_.check_enabled) {
    close_overdue(own_time(now), actions);
    tell_aged(now, actions);
  }
  probe_silent(now, actions);
  send_heartbeats(now, actions);
}

// A node leaves the list before it is judged, so that the loop ends whatever `actions` does with it.
void Liveness::close_overdue(Tick own_now, LivenessActions& actions) {
  for_each_deadline(*this, [&](auto& list, auto since, Tick timeout, CloseReason reason) {
    while (timeout > 0 && !list.empty() && list.front().*since + timeout <= own_now) {
      actions.close_dead(node_of(list.pop_front()), reason);
    }
  });
}

void Liveness::tell_aged(Tick now, LivenessActions& actions) {
  const Tick own_now = own_time(now);
  if (policy_.max_age_ms == 0 || own_now < tell_not_before_) return;
  int told = 0;
  for (size_t i = 0; i < kAgeLists; ++i) {
    while (!by_age_[i].empty() && by_age_[i].front().stage_since_ + age_limit(i) <= own_now) {
      if (++told > kToldAtOnce) {
        tell_not_before_ = own_now + kTellAgainMs;
        return;
      }
      LivenessNode& node = by_age_[i].front();
      node.stage_since_ = own_now;
      leaving_.push_back(node);
      actions.tell_to_leave(node, CloseReason::kMaxAge);
    }
  }
}

void Liveness::probe_silent(Tick now, LivenessActions& actions) {
  if (policy_.probe_after_ms == 0) return;
  const Tick own_now = own_time(now);
  while (!by_received_.empty() && by_received_.front().last_received_ + policy_.probe_after_ms <= own_now) {
    LivenessNode& node = by_received_.front();
    node.probed_at_ = own_now;
    node.asked_ = true;
    probed_.push_back(node);
    note(node, LivenessEvent::kProbe, now, silence(node, now));
    actions.send_heartbeat(node);
  }
}

void Liveness::send_heartbeats(Tick now, LivenessActions& actions) {
  if (policy_.heartbeat_interval_ms == 0) return;
  const Tick own_now = own_time(now);
  while (!by_sent_.empty() && by_sent_.front().last_sent + policy_.heartbeat_interval_ms <= own_now) {
    const LivenessExtra& extra = by_sent_.front();
    LivenessNode& node = extra.node;
    note(node, LivenessEvent::kHeartbeatOut, now, own_now - extra.last_sent - policy_.heartbeat_interval_ms);
    sent(node, now, Traffic::kHeartbeat);
    actions.send_heartbeat(node);
  }
}

std::vector<LivenessRecord> Liveness::history(const LivenessNode& node, Tick opened_at) const {
  const std::span<const LivenessRecord> own = node.recorder_.records();
  std::vector<LivenessRecord> all(own.begin(), own.end());
  for (const LivenessRecord& stall : stalls_.records()) {
    if (stall.at >= opened_at) all.push_back(stall);
  }
  std::ranges::stable_sort(all, {}, &LivenessRecord::at);
  if (all.size() > FlightRecorder::kCapacity) all.erase(all.begin(), all.end() - FlightRecorder::kCapacity);
  return all;
}

}  // namespace talkbeat
