#pragma once

#include "tests/sim/sim_cluster.h"

namespace talkbeat::sim {

/// What has to hold of the processes' states: always, that nothing waits to be sent beyond its bound, to clients or
/// between servers, that every msg_server's ledger balances, and that no msg_server has two sessions of one user and
/// class; once all is healed and the dead are noticed, that no two msg_servers have; and at the end that every user and
/// class has one session, everybody has been shown everything, and every msg_server knows who is online.
///
///   StateCheck states(scheduler, cluster, check, tally, report);
///   states.begin();
///   …
///   states.check_end();
class StateCheck {
 public:
  StateCheck(Scheduler& scheduler, SimCluster& cluster, const MessageCheck& messages, Tally& tally,
             MessageCheck::Report report);

  void begin();
  void check_end();

 private:
  void watch();
  void check_buffers(SimCluster::MsgSeat& seat);
  void check_buffers(SimCluster::LoginSeat& seat);
  void check_buffers(const std::string& server, ConnectionTable& connections, std::string_view role, size_t bound);
  void check_ledger(const SimCluster::MsgSeat& seat);
  void check_sessions_held();
  void ask_presence();
  void ask(const SimCluster::Device& device);
  std::vector<UserId> online_users() const;
  void check_sessions();
  void check_device(const SimCluster::Device& device);

  Scheduler& scheduler_;
  SimCluster& cluster_;
  const MessageCheck& messages_;
  Tally& tally_;
  MessageCheck::Report report_;
  int asked_ = 0;
  int answered_ = 0;
};

}  // namespace talkbeat::sim
