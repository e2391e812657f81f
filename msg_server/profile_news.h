#pragma once

#include "msg_server/parts.h"

namespace talkbeat {

/// Brings the news of a profile that has changed in the store: to the user's sessions, but for `except`, and to those
/// who are interested in the user, on all servers. Only of what clients are told about (avatar, signature). The loop's
/// thread only.
///
///   tell_of_profile(server, user, edit);  // after the commit
void tell_of_profile(MsgServerParts& server, UserId user, const ProfileEdit& edit, ConnId except = ConnId::kNone);

}  // namespace talkbeat
