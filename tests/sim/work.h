#pragma once

#include "tests/sim/sim_cluster.h"

namespace talkbeat::sim {

/// What the users do: they write to each other and to their groups, whether they are online or not.
class Work {
 public:
  Work(Scheduler& scheduler, SimCluster& cluster, const Plan& plan, uint64_t seed);

  void begin();

 private:
  void plan_next(size_t device);
  void act(SimCluster::Device& device);
  size_t length();

  Scheduler& scheduler_;
  SimCluster& cluster_;
  const Plan& plan_;
  SimRng rng_;
};

}  // namespace talkbeat::sim
