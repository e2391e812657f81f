#pragma once

#include <optional>
#include <string>

#include "base/address.h"
#include "proto/talkbeat.pb.h"

namespace talkbeat {

/// What a TbGoAway means for a client.

/// Whether the connection may be used until it has found another one. Else the server closes it at once.
bool leaves_time_to_move(GoAwayReason reason);

/// Where it is told to go; empty: where login_server says.
std::optional<Address> place_in(const TbGoAway& notice);

/// For people: "the server said: this server is being stopped".
std::string words_of(const TbGoAway& notice);

}  // namespace talkbeat
