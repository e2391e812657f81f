#include "tests/sim/work.h"

namespace talkbeat::sim {

namespace {

// With few friends each, conversations become long enough for their order to mean something.
constexpr size_t kFriends = 4;
constexpr int kBurst = 60;

}  // namespace

Work::Work(Scheduler& scheduler, SimCluster& cluster, const Plan& plan, uint64_t seed)
    : scheduler_(scheduler), cluster_(cluster), plan_(plan), rng_(seed) {}

void Work::begin() {
  for (size_t i = 0; i < cluster_.devices().size(); ++i) plan_next(i);
}

void Work::plan_next(size_t device) {
  const Tick when = scheduler_.now() + rng_.about(plan_.pause_between_messages);
  if (when >= Schedule::kWorkEnds) return;
  scheduler_.at(when, Scheduler::kWorld, [this, device] {
    act(cluster_.devices()[device]);
    plan_next(device);
  });
}

size_t Work::length() {
  return rng_.chance(plan_.long_messages) ? 300 + rng_.pick(700) : rng_.pick(100);
}

void Work::act(SimCluster::Device& device) {
  if (device.client == nullptr || device.client->closed()) return;
  if (rng_.chance(plan_.group_messages)) {
    const std::vector<GroupId> groups = cluster_.groups_of(device.user);
    const size_t small = groups.size() > 1 && rng_.chance(0.8) ? 1 + rng_.pick(groups.size() - 1) : 0;
    device.client->send({IM::BaseDefine::SESSION_TYPE_GROUP, groups[small]}, length());
    return;
  }
  const size_t other = (device.user + 1 + rng_.pick(kFriends)) % SimCluster::kUsers;
  const ConversationId to{IM::BaseDefine::SESSION_TYPE_SINGLE, cluster_.user_id(other)};
  const int count = rng_.chance(plan_.bursts) ? kBurst : 1;
  for (int i = 0; i < count; ++i) device.client->send(to, length());
}

}  // namespace talkbeat::sim
