#pragma once

#include <optional>

#include "base/metrics.h"
#include "login_server/login_server.h"
#include "msg_server/msg_server.h"
#include "tests/sim/sim_executor.h"
#include "tests/sim/sim_store.h"

namespace talkbeat::sim {

/// What a process is made with: where it runs, and the rest of the simulation.
struct Place {
  Scheduler& scheduler;
  SimNetwork& network;
  Trace& trace;
  Tally& tally;
  HostId host;
  uint64_t seed;
  Tick wall_error;
  std::function<void(const std::string&)> misuse;
};

/// A login_server as main() builds it, on simulated parts. Killed by die() and its destructor.
class SimLoginServer {
 public:
  SimLoginServer(const Place& place, size_t number);

  SimProcess& process() { return process_; }
  ConnectionTable& connections() { return server_.connections(); }
  const login::LoginServerConfig& config() const { return config_; }
  /// SIGTERM; `gone` is called when the process may be ended.
  void stop(std::function<void()> gone);

 private:
  login::LoginServerConfig config_;
  SimProcess process_;
  WorkPace pace_;
  SimExecutor disk_;
  Metrics metrics_;
  login::LoginServer server_;
};

/// The same for a msg_server.
class SimMsgServer {
 public:
  struct Settings {
    std::vector<Address> login_servers;
    OutLimits out;
  };

  /// `committed`: something may have been written to the store.
  SimMsgServer(const Place& place, size_t number, const Settings& settings, SimStore& store,
               std::function<void()> committed);

  SimProcess& process() { return process_; }
  ConnectionTable& connections() { return server_.connections(); }
  LedgerSheet ledger() const { return server_.ledger(); }
  const MsgServerConfig& config() const { return config_; }
  const SimExecutor& writes() const { return writes_; }
  /// SIGTERM; `gone` is called when the process may be ended.
  void drain(std::function<void()> gone);
  double closed(const std::string& role, CloseReason reason);

 private:
  void begin_drain();
  void check_gone();

  MsgServerConfig config_;
  SimProcess process_;
  WorkPace hashing_pace_{.before_ms = 30, .after_ms = 1};
  SimExecutor writes_;
  SimExecutor reads_;
  SimExecutor hashing_;
  SimExecutor files_;
  Store store_;
  Metrics metrics_;
  MsgServer server_;
  std::function<void()> gone_;
};

/// The key of every simulated cluster.
ClusterKey sim_cluster_key();

inline constexpr uint16_t kLoginClientPort = 8008;
inline constexpr uint16_t kLoginHttpPort = 8080;
inline constexpr uint16_t kLoginClusterPort = 8100;
inline constexpr uint16_t kMsgClientPort = 8200;
inline constexpr uint16_t kMsgHttpPort = 8203;

}  // namespace talkbeat::sim
