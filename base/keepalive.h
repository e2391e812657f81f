#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/close_reason.h"
#include "base/flight_recorder.h"
#include "base/intrusive_list.h"

namespace talkbeat {

/// What "alive" means on one kind of connection (OPERATIONS.md, "The rules"). 0 switches a rule off.
struct LivenessPolicy {
  Tick heartbeat_interval_ms = 0;  ///< nothing sent for this long: send a heartbeat
  Tick silence_timeout_ms = 0;     ///< nothing received for this long: close
  Tick handshake_timeout_ms = 0;   ///< connected for this long and not yet accepted: close
  Tick pdu_timeout_ms = 0;         ///< a PDU begun this long ago is not complete: close

  Tick probe_after_ms = 0;         ///< nothing received for this long: send a heartbeat, to be answered
  Tick probe_timeout_ms = 20'000;  ///< and nothing received for this long after that: close

  /// A heartbeat earlier than this after the one before is a strike. Never more than a third of the silence timeout
  /// counts: whoever beats thrice within it, to be sure, is no abuser.
  Tick min_ping_interval_ms = 0;
  int max_ping_strikes = 2;  ///< one strike more: close

  Tick max_idle_ms = 0;        ///< nothing but heartbeats either way for this long: close
  Tick max_age_ms = 0;         ///< this long (+-10 %) after its handshake, the peer is told to leave
  Tick age_grace_ms = 10'000;  ///< and has so long for that

  bool count_sent_as_activity = false;  ///< rule 2 relaxed: what we send proves life, too (heartbeats do not)
  bool check_enabled = true;            ///< false: nobody is closed, so that a debugger's breakpoint costs nothing
  bool log_heartbeats = false;
  /// What a missed handshake_timeout_ms is called.
  CloseReason handshake_reason = CloseReason::kHandshakeTimeout;

  bool operator==(const LivenessPolicy&) const = default;
};

/// What goes over a connection. kHeartbeat: no activity; heartbeats, what refuses one, and the last words before a
/// close.
enum class Traffic : uint8_t { kData, kHeartbeat };

struct ReceivedTag;
struct SentTag;
struct ActivityTag;
struct StageTag;
struct PartialTag;
class Liveness;
class LivenessNode;

/// A connection's place in the rules that most connections do without: clients are sent no heartbeats of their own, may
/// be idle, and their PDUs come whole. Made when one of them first concerns the connection.
struct LivenessExtra : ListNode<SentTag>, ListNode<ActivityTag>, ListNode<PartialTag> {
  LivenessExtra(LivenessNode& owner, Tick since) : node(owner), last_sent(since), last_activity(since) {}

  LivenessNode& node;
  Tick last_sent;
  Tick last_activity;
  Tick partial_since = 0;
};

/// One connection's place in the rules. Part of the connection; leaves its Liveness when it is destroyed. There are as
/// many as connections, so its size counts.
class LivenessNode : private ListNode<ReceivedTag>, private ListNode<StageTag> {
 public:
  Liveness* liveness() const { return liveness_; }

 private:
  friend class Liveness;
  template <class T, class U>
  friend class IntrusiveList;

  static constexpr Tick kNone = -1;

  Liveness* liveness_ = nullptr;
  std::unique_ptr<LivenessExtra> extra_;
  FlightRecorder recorder_;
  Tick last_received_ = 0;
  Tick joined_at_ = 0;
  Tick stage_since_ = 0;    // of the handshake, of being accepted, of having been told to leave
  Tick last_ping_ = kNone;  // by the real clock
  Tick probed_at_ = kNone;
  int strikes_ = 0;
  int32_t pile_ = 0;  // so many early heartbeats are pardoned
  bool in_handshake_ = false;
  bool asked_ = false;  // by a probe: its next heartbeat is the answer
};

/// What Liveness decides about. Each call may close the connection.
class LivenessActions {
 public:
  virtual void send_heartbeat(LivenessNode& node) = 0;
  virtual void close_dead(LivenessNode& node, CloseReason reason) = 0;
  /// It has age_grace_ms to go by itself.
  virtual void tell_to_leave(LivenessNode& node, CloseReason reason) = 0;

 protected:
  ~LivenessActions() = default;
};

/// The keepalive rule for all connections under one policy: they hang in lists ordered by when they last received, last
/// sent and so on, so that a check looks only at those that are due, and noting that bytes came costs O(1) (rule 4). A
/// pure core: no socket, and time is passed in.
///
///   Liveness clients({.silence_timeout_ms = 60'000});
///   clients.join(connection, now);
///   clients.received(connection, now);   // for each read
///   clients.check(now, actions);         // at clients.next_due()
class Liveness {
 public:
  explicit Liveness(const LivenessPolicy& policy) : policy_(policy) {}

  const LivenessPolicy& policy() const { return policy_; }
  /// Takes effect at once, for those that have joined already as well; a rule that was off counts for them from what
  /// was last received.
  void set_policy(const LivenessPolicy& policy);

  /// From here the silence, and the handshake's deadline, count. A node that is in another Liveness leaves it, and
  /// keeps its recorder.
  void join(LivenessNode& node, Tick now);
  void leave(LivenessNode& node);

  /// How long nothing has been received, our own stalls left out.
  Tick silence(const LivenessNode& node, Tick now) const;

  /// Bytes came, and prove life.
  void received(LivenessNode& node, Tick now);
  void sent(LivenessNode& node, Tick now, Traffic traffic);
  /// A PDU that is no heartbeat went over it, either way: clears the strikes, begins the idle time anew.
  void active(LivenessNode& node, Tick now);
  /// A heartbeat came. False: one too many came too early. One that answers a probe is never early; nor are those that
  /// come in a heap behind a gap, our own stall or the path's, as many as have their place in it.
  [[nodiscard]] bool ping(LivenessNode& node, Tick now);
  /// From here its age counts. Once; again changes nothing.
  void handshake_done(LivenessNode& node, Tick now);
  /// A PDU has begun, or (false) none is open. Repeating what is known already changes nothing: dripping bytes do not
  /// move the deadline.
  void partial(LivenessNode& node, bool open, Tick now);
  /// For the record: it was taken for dead after so long a silence, but bytes waited that nobody had read yet.
  void spared(LivenessNode& node, Tick now, Tick silence);
  /// For the record: it was asked to go, and has so long for that.
  void told_to_leave(LivenessNode& node, Tick now, Tick grace);

  /// Our own stall is not the peers' silence: all deadlines move by it (rule 5).
  void stalled(Tick stall, Tick now);

  /// When check() has something to do; TimerList::kNever where nothing ever will.
  Tick next_due() const;
  /// Tells `actions` of each node that is due now.
  void check(Tick now, LivenessActions& actions);

  /// What has happened to it, and our own stalls after `opened_at`, oldest first: at most 32 events (rule 8).
  std::vector<LivenessRecord> history(const LivenessNode& node, Tick opened_at) const;

  /// How much earlier than min_ping_interval_ms a heartbeat may come, as a divisor: a path's jitter is no abuse.
  static constexpr Tick kPingToleranceDivisor = 10;
  /// Where many are too old at once (the setting has been changed), so many at a time are told to leave.
  static constexpr int kToldAtOnce = 100;
  static constexpr Tick kTellAgainMs = 100;

 private:
  template <class Tag>
  using List = IntrusiveList<LivenessNode, Tag>;
  template <class Tag>
  using ExtraList = IntrusiveList<LivenessExtra, Tag>;

  // The jitter of max_age_ms: connections are dealt out to lists whose ages differ by 1 %, each list in order of time.
  static constexpr size_t kAgeLists = 21;
  Tick age_limit(size_t list) const { return policy_.max_age_ms * (90 + static_cast<Tick>(list)) / 100; }

  // Times are kept as if the stalls had not been, so that a stall moves all deadlines by changing one number.
  Tick own_time(Tick now) const { return now - stalls_total_; }
  Tick next_to_tell() const;
  Tick least_ping_gap() const;
  bool is_early(LivenessNode& node, Tick gap) const;
  static void note(LivenessNode& node, LivenessEvent event, Tick now, Tick value);
  static LivenessNode& node_of(LivenessNode& node) { return node; }
  static LivenessNode& node_of(LivenessExtra& extra) { return extra.node; }
  bool needs_extra() const { return policy_.heartbeat_interval_ms > 0 || policy_.max_idle_ms > 0; }
  static LivenessExtra& extra_of(LivenessNode& node, Tick since);
  template <class Self, class Consider>
  static void for_each_deadline(Self& self, Consider consider);
  void close_overdue(Tick own_now, LivenessActions& actions);
  void probe_silent(Tick now, LivenessActions& actions);
  void send_heartbeats(Tick now, LivenessActions& actions);
  void tell_aged(Tick now, LivenessActions& actions);

  LivenessPolicy policy_;
  Tick stalls_total_ = 0;
  FlightRecorder stalls_;
  size_t next_age_list_ = 0;
  Tick tell_not_before_ = 0;

  List<ReceivedTag> by_received_;  // each of these two in order of last_received_
  List<ReceivedTag> probed_;       // and in order of probed_at_
  ExtraList<SentTag> by_sent_;     // this and the next one: only while their rule is on
  ExtraList<ActivityTag> by_activity_;
  List<StageTag> handshaking_;
  std::array<List<StageTag>, kAgeLists> by_age_;
  List<StageTag> leaving_;
  ExtraList<PartialTag> with_partial_;
};

}  // namespace talkbeat
