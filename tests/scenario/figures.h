#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "tests/scenario/cluster.h"

namespace talkbeat::scenario {

/// What the servers say of themselves. Each throws where it is not answered.

/// A figure of /metrics that has no labels.
///
///   EXPECT_EQ(figure(cluster, "msg_server_0", "talkbeat_client_connections"), 1);
double figure(const Cluster& cluster, const std::string& server, const std::string& name);

/// Of login_server's /api/cluster.
size_t users_online(const Cluster& cluster, const std::string& login_server = "login_server_0");
size_t registered_servers(const Cluster& cluster, const std::string& login_server = "login_server_0");
/// Where GET /msg_server sends a client; 0: nowhere.
uint16_t allocated_port(const Cluster& cluster, const std::string& login_server = "login_server_0");

/// Connections of one role that were closed, by reason, as a page of /metrics has it.
std::map<std::string, size_t> closings_in(const std::string& metrics, const std::string& role);

/// Connections of one role that a server has closed since this was made, by reason; reasons with none are left out.
///
///   Closings closings(cluster, "msg_server_0");
///   …
///   EXPECT_THAT(closings.so_far(), ElementsAre(Pair("silent", 1)));
class Closings {
 public:
  Closings(const Cluster& cluster, std::string server, std::string role = "client");

  std::map<std::string, size_t> so_far() const;
  size_t so_far(const std::string& reason) const;
  /// Returns when `reason` has come up so often; the test's failure says what there was instead.
  void await(const std::string& reason, size_t count) const;

 private:
  std::map<std::string, size_t> read() const;

  const Cluster& cluster_;
  std::string server_;
  std::string role_;
  std::map<std::string, size_t> before_;
};

}  // namespace talkbeat::scenario
