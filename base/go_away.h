#pragma once

#include <optional>

#include "base/close_reason.h"
#include "proto/talkbeat.pb.h"

namespace talkbeat {

/// The same reason for the peer: what TbGoAway says before a connection is closed for `reason`. Nothing where another
/// answer explains it already (IMLoginRes, IMKickUser, IMLogoutRsp), where the peer has ended it, or where it does not
/// read what it is told.
///
///   if (const auto why = go_away_reason_of(CloseReason::kSilent)) notice.set_reason(*why);
std::optional<GoAwayReason> go_away_reason_of(CloseReason reason);

/// The same for people: "nothing came from you for too long".
const char* words_for(GoAwayReason reason);

}  // namespace talkbeat
