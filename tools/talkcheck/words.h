#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "proto/talkbeat.pb.h"

namespace talkbeat::check {

/// "3.02 s".
std::string seconds(Tick milliseconds);

/// A TbGoAway's reason as PROTOCOL.md has it, without the GO_AWAY_: "SILENT".
std::string reason_name(GoAwayReason reason);

/// On one line of a terminal: whatever is not a plain character becomes '?'.
std::string one_line(std::string_view text);

}  // namespace talkbeat::check
