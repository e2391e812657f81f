#pragma once

#include <string>
#include <vector>

#include "tests/scenario/cluster.h"

namespace talkbeat::scenario {

/// One msg_server more in a cluster, "msg_server_9", which is a child of the test: so that it can be asked how it has
/// ended. Made when it serves and its login_server knows it. Killed in the destructor.
///
///   JoinedServer server(cluster, {"drain.timeout=2s"});
///   server.signal(SIGTERM);
///   EXPECT_EQ(server.exit_code(), 0);
class JoinedServer {
 public:
  explicit JoinedServer(const Cluster& cluster, const std::vector<std::string>& settings = {});

  uint16_t client_port() const { return client_port_; }
  HttpAnswer get(const std::string& path) const { return http_get(http_port_, path); }
  std::string log() const { return contents(log_); }
  void signal(int number) const { kill(program_.pid(), number); }
  /// Waits for its end.
  int exit_code() { return program_.wait().exit_code; }

 private:
  std::vector<std::string> command(const Cluster& cluster, const std::vector<std::string>& settings) const;

  uint16_t client_port_;
  uint16_t http_port_;
  std::filesystem::path log_;
  Program program_;
};

}  // namespace talkbeat::scenario
