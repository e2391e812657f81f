#include "tools/talkcheck/context.h"

#include <algorithm>

namespace talkbeat::check {

namespace {

// A loop reads its clock once a turn: times are as old as the turn was long.
constexpr Tick kClockSlackMs = 30;

}  // namespace

void require(bool held, const std::string& measured) {
  if (!held) throw Failed(measured);
}

std::string in_time(const Context& c, Tick took, Tick timeout) {
  const Tick early = std::max(kClockSlackMs, timeout / 100);
  require(took >= timeout - early, "too early: " + seconds(took) + " instead of " + seconds(timeout));
  require(took <= c.timings.latest(timeout), "too late: " + seconds(took) + " instead of " + seconds(timeout));
  return seconds(took);
}

std::string told(const Peer& peer, GoAwayReason reason) {
  require(peer.told().has_value() && peer.told()->reason() == reason,
          peer.ending() + " instead of " + reason_name(reason));
  return ", told " + reason_name(reason);
}

}  // namespace talkbeat::check
