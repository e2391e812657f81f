#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/status.h"

namespace talkbeat {

struct HttpOutcome;

/// What start.sh left in a cluster's directory, and the ports that follow from it. Plain values.
struct ClusterFiles {
  std::string dir;
  uint16_t port_base = 8000;
  int login_servers = 1;
  int msg_servers = 2;

  /// From DIR/cluster.conf, lines of KEY=VALUE. Fails where there is no cluster, or the file says what cannot be.
  static Result<ClusterFiles> read(const std::string& dir);
  /// Whether there is such a file at all.
  static bool exist(const std::string& dir);

  std::string database_path() const { return dir + "/talkbeat.db"; }
  Address login_server_http(int index) const;
  Address msg_server_http(int index) const;
  /// Whether the process of that name ("msg_server_0") runs: the one that start.sh wrote down, not another one that has
  /// got its pid since.
  bool running(const std::string& name) const;
  /// Whether it may be there, by what came of asking its HTTP port: whatever listens there may be it, in whatever
  /// state. (What systemd has started leaves no pid file: that there is none says nothing.)
  bool may_run(const std::string& name, const HttpOutcome& asked) const;
};

}  // namespace talkbeat
