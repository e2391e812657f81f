#include "tools/client/leave_notice.h"

#include "base/go_away.h"

namespace talkbeat {

bool leaves_time_to_move(GoAwayReason reason) {
  return reason == GO_AWAY_DRAIN || reason == GO_AWAY_MAX_AGE;
}

std::optional<Address> place_in(const TbGoAway& notice) {
  const auto ip = normal_ip(notice.ip());
  if (!ip || notice.port() == 0 || notice.port() > UINT16_MAX) return std::nullopt;
  return Address{*ip, static_cast<uint16_t>(notice.port())};
}

std::string words_of(const TbGoAway& notice) {
  return std::string("the server said: ") + words_for(notice.reason());
}

}  // namespace talkbeat
