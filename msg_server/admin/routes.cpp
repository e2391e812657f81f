#include "msg_server/admin/routes.h"

#include <array>
#include <optional>

#include "msg_server/admin/pages.h"

namespace talkbeat::admin {

namespace {

constexpr std::array kRoutes{
    AdminRoute{"GET", "/api/broadcast/{}", show_broadcast},
    AdminRoute{"POST", "/api/broadcast", post_broadcast},
    AdminRoute{"GET", "/api/departments", list_departments},
    AdminRoute{"POST", "/api/departments", add_department},
    AdminRoute{"PATCH", "/api/departments/{}", edit_department},
    AdminRoute{"DELETE", "/api/departments/{}", delete_department},
    AdminRoute{"POST", "/api/drain", drain},
    AdminRoute{"POST", "/api/end_sessions", end_sessions},
    AdminRoute{"GET", "/api/groups", list_groups},
    AdminRoute{"POST", "/api/groups", add_group},
    AdminRoute{"GET", "/api/groups/{}", show_group},
    AdminRoute{"PATCH", "/api/groups/{}", rename_group},
    AdminRoute{"DELETE", "/api/groups/{}", remove_group},
    AdminRoute{"POST", "/api/groups/{}/members", change_group_members},
    AdminRoute{"POST", "/api/kick", kick},
    AdminRoute{"GET", "/api/ledger", show_ledger},
    AdminRoute{"POST", "/api/messages", post_message},
    AdminRoute{"GET", "/api/online", show_online},
    AdminRoute{"GET", "/api/status", show_status},
    AdminRoute{"GET", "/api/users", list_users},
    AdminRoute{"POST", "/api/users", add_user},
    AdminRoute{"GET", "/api/users/{}", show_user},
    AdminRoute{"PATCH", "/api/users/{}", edit_user},
    AdminRoute{"POST", "/api/users/{}/disable", disable_user},
    AdminRoute{"POST", "/api/users/{}/enable", enable_user},
    AdminRoute{"POST", "/api/users/{}/password", set_password},
    AdminRoute{"POST", "/api/users/{}/revoke", revoke_user},
    AdminRoute{"GET", "/api/why", show_why},
    AdminRoute{"POST", "/query/ChangeMembers", query_change_members, true},
    AdminRoute{"POST", "/query/CreateGroup", query_create_group, true},
};

constexpr std::string_view kPart = "{}";

// What stands for the {}; empty where the pattern has none. Nothing: the path is another one.
std::optional<std::string_view> match(std::string_view pattern, std::string_view path) {
  const size_t at = pattern.find(kPart);
  if (at == std::string_view::npos) return pattern == path ? std::optional(std::string_view()) : std::nullopt;
  const std::string_view before = pattern.substr(0, at);
  const std::string_view behind = pattern.substr(at + kPart.size());
  if (path.size() <= before.size() + behind.size()) return std::nullopt;
  if (!path.starts_with(before) || !path.ends_with(behind)) return std::nullopt;
  const std::string_view part = path.substr(at, path.size() - before.size() - behind.size());
  return part.find('/') == std::string_view::npos ? std::optional(part) : std::nullopt;
}

}  // namespace

std::span<const AdminRoute> admin_routes() {
  return kRoutes;
}

RouteMatch find_route(std::string_view method, std::string_view path) {
  RouteMatch found;
  for (const AdminRoute& route : kRoutes) {
    const auto part = match(route.pattern, path);
    if (!part) continue;
    const bool fits = route.method == method || (route.method == "GET" && method == "HEAD");
    if (fits) {
      found.route = &route;
      found.id = *part;
    }
    found.allowed.append(found.allowed.empty() ? "" : ", ").append(route.method);
  }
  return found;
}

}  // namespace talkbeat::admin
