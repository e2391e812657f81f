#pragma once

#include <functional>
#include <string>
#include <vector>

#include "msg_server/admin/call.h"
#include "msg_server/admin/user_ref.h"

namespace talkbeat::admin {

/// A field of a request, and the users that it names.
struct NamedUsers {
  std::string field;
  std::vector<UserRef> users;
};

/// Looks all of them up and goes on with them, in the same order; where there are unknown ones, answers which.
///
///   find_users_then(call, {{"members", members}}, [reply](const std::vector<FoundUsers>& found) { … });
void find_users_then(const AdminCall& call, std::vector<NamedUsers> named,
                     std::function<void(const std::vector<FoundUsers>&)> go_on);

}  // namespace talkbeat::admin
