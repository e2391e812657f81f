#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/close_reason.h"
#include "base/intrusive_list.h"

namespace talkbeat {

/// What "alive" means on one kind of connection (KEEPALIVE.md). 0 switches a rule off.
struct LivenessPolicy {
  Tick heartbeat_interval_ms = 0;  ///< nothing sent for this long: send a heartbeat
  Tick silence_timeout_ms = 0;     ///< nothing received for this long: close
  Tick handshake_timeout_ms = 0;   ///< connected for this long and not yet accepted: close
  Tick pdu_timeout_ms = 0;         ///< a PDU begun this long ago is not complete: close
  /// What a missed handshake_timeout_ms is called.
  CloseReason handshake_reason = CloseReason::kHandshakeTimeout;
  bool check_enabled = true;  ///< false: nobody is closed, so that a debugger's breakpoint costs nothing
};

struct ReceivedTag;
struct SentTag;
struct HandshakeTag;
struct PartialTag;
class Liveness;

/// One connection's place in the rules. Part of the connection; leaves its Liveness when it is destroyed.
class LivenessNode : private ListNode<ReceivedTag>,
                     private ListNode<SentTag>,
                     private ListNode<HandshakeTag>,
                     private ListNode<PartialTag> {
 public:
  Liveness* liveness() const { return liveness_; }

 private:
  friend class Liveness;
  template <class T, class U>
  friend class IntrusiveList;

  Liveness* liveness_ = nullptr;
  Tick last_received_ = 0;
  Tick last_sent_ = 0;
  Tick joined_ = 0;
  Tick partial_since_ = 0;
};

/// What Liveness decides about.
class LivenessActions {
 public:
  virtual void send_heartbeat(LivenessNode& node) = 0;
  virtual void close_dead(LivenessNode& node, CloseReason reason) = 0;

 protected:
  ~LivenessActions() = default;
};

/// The keepalive rule for all connections under one policy: they hang in lists ordered by when they last received and
/// last sent, so that a check looks only at those that are due, and noting that bytes came costs O(1) (rule 4). A pure
/// core: no socket, and time is passed in.
///
///   Liveness clients({.silence_timeout_ms = 60'000});
///   clients.join(connection, now);
///   clients.received(connection, now);   // for each read
///   clients.check(now, actions);         // at clients.next_due()
class Liveness {
 public:
  explicit Liveness(const LivenessPolicy& policy) : policy_(policy) {}

  const LivenessPolicy& policy() const { return policy_; }
  /// Takes effect at once, for those that have joined already as well.
  void set_policy(const LivenessPolicy& policy) { policy_ = policy; }

  /// From here the silence, and the handshake's deadline, count. A node that is in another Liveness leaves it.
  void join(LivenessNode& node, Tick now);
  void leave(LivenessNode& node);

  /// How long nothing has been received, our own stalls left out.
  Tick silence(const LivenessNode& node, Tick now) const;

  void received(LivenessNode& node, Tick now);
  void sent(LivenessNode& node, Tick now);
  void handshake_done(LivenessNode& node);
  /// A PDU has begun, or (false) none is open. Repeating what is known already changes nothing: dripping bytes do not
  /// move the deadline.
  void partial(LivenessNode& node, bool open, Tick now);

  /// Our own stall is not the peers' silence: all deadlines move by it (rule 5).
  void shift(Tick stalled) { stalled_ += stalled; }

  /// When check() has something to do; TimerList::kNever where nothing ever will.
  Tick next_due() const;
  /// Tells `actions` of each node that is due now.
  void check(Tick now, LivenessActions& actions);

 private:
  // Times are kept as if the stalls had not been, so that a stall moves all deadlines by changing one number.
  Tick own_time(Tick now) const { return now - stalled_; }
  template <class List, class Due>
  void close_due(List& list, Due due, CloseReason reason, Tick own_now, LivenessActions& actions);

  LivenessPolicy policy_;
  Tick stalled_ = 0;
  IntrusiveList<LivenessNode, ReceivedTag> by_received_;
  IntrusiveList<LivenessNode, SentTag> by_sent_;
  IntrusiveList<LivenessNode, HandshakeTag> in_handshake_;
  IntrusiveList<LivenessNode, PartialTag> with_partial_;
};

}  // namespace talkbeat
