#pragma once

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/scenario/http_get.h"
#include "tests/scenario/port_block.h"
#include "tests/scenario/program.h"
#include "tests/scenario/wire_client.h"

namespace talkbeat::scenario {

struct ClusterOptions {
  int login_servers = 1;
  int msg_servers = 2;
  std::vector<std::string> settings;  // section.key=value
  std::vector<std::string> users{"alice", "bob"};
  bool tls = false;  // start.sh --tls
};

/// One msg_server, and what its settings are beside their defaults.
inline ClusterOptions one_msg_server(std::vector<std::string> settings = {}) {
  ClusterOptions options;
  options.msg_servers = 1;
  options.settings = std::move(settings);
  return options;
}

/// The first msg_server of a cluster.
inline constexpr const char* kServer = "msg_server_0";

/// Where the executables under test are: beside the tests, or where the environment's TALKBEAT_BIN says.
std::filesystem::path programs();
std::filesystem::path source_directory();

/// What a file holds; empty where there is none, or where it tells of a process that has just ended.
std::string contents(const std::filesystem::path& path);

/// A directory of its own, removed at the end.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Real processes, started by tools/start.sh in a directory and on ports of their own, with users whose password is
/// kPassword. In the destructor they are stopped; a sanitizer's report or a failed CHECK in what they wrote fails the
/// test, and where a test has failed the ends of their logs are shown.
///
///   Cluster cluster;
///   WireClient alice(cluster.client_port("msg_server_0"));
///   cluster.kill9("login_server_0");
class Cluster {
 public:
  explicit Cluster(ClusterOptions options = {});
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  /// start.sh again, as at the beginning: brings up what does not run. Throws where it fails.
  void start();
  void signal(const std::string& name, int number);
  /// Returns when the process is gone.
  void kill9(const std::string& name);

  bool running(const std::string& name) const;
  pid_t pid(const std::string& name) const;  // throws where there is none
  uint16_t client_port(const std::string& name) const;
  uint16_t http_port(const std::string& name) const;
  uint16_t tls_port(const std::string& name) const;      // clients with TLS
  uint16_t https_port(const std::string& name) const;    // a login_server's
  uint16_t servers_port(const std::string& name) const;  // a login_server's, for msg_servers
  int port_base() const { return ports_.base(); }
  /// GET on the process's HTTP port.
  HttpAnswer get(const std::string& name, const std::string& path) const { return http_get(http_port(name), path); }

  const std::filesystem::path& directory() const { return directory_; }
  std::string log_of(const std::string& name) const;
  long memory_kib(const std::string& name) const;
  size_t descriptors(const std::string& name) const;

  /// tools/NAME with --dir of this cluster and these arguments.
  Outcome script(const std::string& name, const std::vector<std::string>& arguments = {}) const;
  Outcome talkctl(const std::vector<std::string>& arguments) const;
  void add_user(const std::string& name) const;

 private:
  std::vector<std::string> names() const;
  void report_crashes() const;
  void show_logs() const;

  ClusterOptions options_;
  PortBlock ports_;
  ScratchDirectory scratch_;
  std::filesystem::path directory_;
};

}  // namespace talkbeat::scenario
