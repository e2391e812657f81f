#pragma once

#include <span>
#include <string>
#include <string_view>

#include "msg_server/admin/call.h"

namespace talkbeat::admin {

/// One call of the API. In the pattern, {} stands for one part of the path.
struct AdminRoute {
  std::string_view method;
  std::string_view pattern;
  AdminHandler handler;
  bool any_type = false;  ///< a body of whatever Content-Type is taken for JSON, as TeamTalk's callers send it
};

/// All of them: the table in OPERATIONS.md, and what tests walk.
std::span<const AdminRoute> admin_routes();

struct RouteMatch {
  const AdminRoute* route = nullptr;  ///< none: no such path, or not with this method
  std::string id;
  std::string allowed;  ///< the methods that the path takes, for the header Allow; empty: no such path
};

/// HEAD counts as GET.
///
///   const RouteMatch match = find_route("PATCH", "/api/users/7");  // route: "PATCH", "/api/users/{}"; id: "7"
RouteMatch find_route(std::string_view method, std::string_view path);

}  // namespace talkbeat::admin
