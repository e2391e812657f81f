#include "msg_server/admin/routes.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

namespace talkbeat::admin {
namespace {

TEST(AdminRoutes, a_path_is_found_with_what_stands_for_its_part) {
  const RouteMatch match = find_route("PATCH", "/api/users/7");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.route->pattern, "/api/users/{}");
  EXPECT_EQ(match.id, "7");
  EXPECT_EQ(find_route("POST", "/api/users/a b/disable").id, "a b");
  EXPECT_EQ(find_route("HEAD", "/api/users").route, find_route("GET", "/api/users").route);
}

TEST(AdminRoutes, another_method_is_told_which_ones_there_are) {
  const RouteMatch match = find_route("PUT", "/api/groups/7");
  EXPECT_EQ(match.route, nullptr);
  EXPECT_EQ(match.allowed, "GET, PATCH, DELETE");
}

TEST(AdminRoutes, other_paths_are_none) {
  for (const char* path : {"/api", "/api/", "/api/users/", "/api/users/7/", "/api/users/7/8", "/api/users//disable",
                           "/api/users/disable/7", "/query/createGroup", "/api/Users", "/api/groups/7/members/8"}) {
    const RouteMatch match = find_route("GET", path);
    EXPECT_EQ(match.route, nullptr) << path;
    EXPECT_EQ(match.allowed, "") << path;
  }
}

TEST(AdminRoutes, no_call_stands_twice) {
  std::set<std::string> seen;
  for (const AdminRoute& route : admin_routes()) {
    EXPECT_TRUE(seen.insert(std::string(route.method) + " " + std::string(route.pattern)).second) << route.pattern;
  }
}

TEST(AdminRoutes, every_call_is_found_by_its_own_path) {
  for (const AdminRoute& route : admin_routes()) {
    std::string path(route.pattern);
    if (const size_t at = path.find("{}"); at != std::string::npos) path.replace(at, 2, "some-1");
    EXPECT_EQ(find_route(route.method, path).route, &route) << path;
  }
}

TEST(AdminRoutes, every_call_stands_in_the_manual) {
  std::ifstream file(std::string(TALKBEAT_SOURCE_DIR) + "/OPERATIONS.md");
  const std::string manual{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  for (const AdminRoute& route : admin_routes()) {
    std::string path(route.pattern);
    if (const size_t at = path.find("{}"); at != std::string::npos) path.replace(at, 2, "ID");
    EXPECT_NE(manual.find("`" + std::string(route.method) + " " + path), std::string::npos)
        << "OPERATIONS.md does not have " << route.method << " " << path;
  }
}

}  // namespace
}  // namespace talkbeat::admin
