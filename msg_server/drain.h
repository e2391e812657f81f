#pragma once

#include <functional>
#include <vector>

#include "base/metrics.h"
#include "msg_server/bus/place_finder.h"
#include "msg_server/client_port.h"
#include "msg_server/drain_schedule.h"

namespace talkbeat {

/// How a msg_server leaves (OPERATIONS.md, "Stopping and restarting"): it takes no new clients, asks those that it has
/// to go, one after the other over drain.spread, each to a place that login_server has chosen, and serves them until
/// they have gone. When nobody is left, or after drain.timeout, it finishes what is in the store's queue, closes the
/// rest, and says that it is gone. Owned by the MsgServer; the loop's thread only.
///
///   Drain drain(parts, client_port, metrics, {.announce = …, .find_places = …, .gone = …});
///   drain.begin();      // SIGTERM
///   drain.leave_now();  // SIGINT, or a second SIGTERM
class Drain {
 public:
  struct Hooks {
    /// Has the login_servers told that this server takes no new clients: begun() is true by then.
    std::function<void()> announce;
    std::function<void(uint32_t clients, PlaceFinder::Callback done)> find_places;
    /// No client is left, and nothing is unfinished.
    std::function<void()> gone;
  };

  Drain(MsgServerParts& parts, ClientPort& clients, Metrics& metrics, Hooks hooks);

  /// Again changes nothing.
  void begin();
  /// Waits for nobody; only what has been taken from clients already is finished, for a moment at most. Again: not even
  /// that.
  void leave_now();

  bool begun() const { return stage_ != Stage::kServing; }
  /// How many clients have been asked to go.
  size_t told() const { return told_; }
  /// When those who are still here are closed.
  Tick closes_in_ms() const;

  /// Clients are told in steps of this, and within a step each a little later than the one before.
  static constexpr Tick kStepMs = 100;
  /// How long the store may take to commit what it was given before it counts as hanging.
  static constexpr Tick kFinishMs = 5'000;
  static constexpr Tick kFinishNowMs = 1'000;

 private:
  enum class Stage : uint8_t { kServing, kDraining, kFinishing, kGone };

  void take_no_more();
  void on_timer();
  void drain_step();
  void tell_next();
  void tell(const std::vector<ConnId>& clients, const TbPlacesRsp& places, Tick window);
  void tell(Connection& connection, const TbPlace* place, Tick reconnect_after);
  void finish(CloseReason reason, Tick at_most);
  void finish_step();
  void end();
  void report();
  bool online(ConnId client) const;
  Tick now() const { return parts_.loop.now(); }

  MsgServerParts& parts_;
  ClientPort& clients_;
  Hooks hooks_;
  Stage stage_ = Stage::kServing;
  DrainSchedule schedule_{0};
  Timer timer_;
  Timer report_timer_;
  std::vector<ConnId> untold_;
  bool asking_ = false;  // for places
  Tick begun_at_ = 0;
  Tick last_told_ = 0;
  Tick finish_by_ = 0;
  CloseReason reason_ = CloseReason::kDrained;
  size_t told_ = 0;
  Counter told_a_place_;
  Counter told_no_place_;
};

}  // namespace talkbeat
