#pragma once

#include "tests/sim/sim_cluster.h"

namespace talkbeat::sim {

/// Does to a cluster what the plan says, from Schedule::kFaultsBegin on, and takes all of it back at kFaultsEnd.
///
///   Faults faults(scheduler, cluster, plan, seed, trace, tally);
///   faults.begin();
class Faults {
 public:
  Faults(Scheduler& scheduler, SimCluster& cluster, const Plan& plan, uint64_t seed, Trace& trace, Tally& tally);

  void begin();

 private:
  using Ending = SimNetwork::Ending;

  void plan_next(Fault fault);
  void strike(Fault fault);
  void strike_network(Fault fault);
  void strike_server(Fault fault);
  void strike_client(Fault fault);
  void strike_store(Fault fault);
  void heal_all();

  void reset(HostId host, int times);
  void partition(bool one_way);
  void cut_off(HostId host);
  void slow_reader();
  void crash_at_commit(bool after);
  void wait_for_commit(SimCluster::MsgSeat& seat, bool after, Tick give_up_at);
  void jump_wall_clock();

  /// Undoes something after a while, at kFaultsEnd at the latest.
  void undo_after(Tick time, Task undo);
  SimCluster::MsgSeat& any_msg_server() { return pick(cluster_.msg_servers()); }
  template <class T>
  T& pick(std::vector<T>& from) {
    return from[rng_.pick(from.size())];
  }
  HostId any_server();
  SimProcess* process_of(HostId host);

  Scheduler& scheduler_;
  SimCluster& cluster_;
  const Plan& plan_;
  SimRng rng_;
  Trace& trace_;
  Tally& tally_;
};

}  // namespace talkbeat::sim
