#include "tests/sim/faults.h"

#include <algorithm>

namespace talkbeat::sim {

namespace {

constexpr Tick kHour = 3'600'000;
// More than a server keeps for one client, twice.
constexpr int kBurstToSlowReader = 400;
constexpr size_t kBurstBody = 1'000;
constexpr int kFlaps = 4;

}  // namespace

Faults::Faults(Scheduler& scheduler, SimCluster& cluster, const Plan& plan, uint64_t seed, Trace& trace, Tally& tally)
    : scheduler_(scheduler), cluster_(cluster), plan_(plan), rng_(seed), trace_(trace), tally_(tally) {}

void Faults::begin() {
  for (size_t i = 0; i < kFaults; ++i) {
    const auto fault = static_cast<Fault>(i);
    if (plan_.mean_interval[i] == 0) continue;
    scheduler_.at(Schedule::kFaultsBegin + rng_.between(0, plan_.mean_interval[i]), Scheduler::kWorld, [this, fault] {
      strike(fault);
      plan_next(fault);
    });
  }
  scheduler_.at(Schedule::kFaultsEnd, Scheduler::kWorld, [this] { heal_all(); });
}

void Faults::plan_next(Fault fault) {
  const Tick when = scheduler_.now() + rng_.about(plan_.mean_interval[static_cast<size_t>(fault)]);
  if (when >= Schedule::kFaultsEnd) return;
  scheduler_.at(when, Scheduler::kWorld, [this, fault] {
    strike(fault);
    plan_next(fault);
  });
}

void Faults::undo_after(Tick time, Task undo) {
  scheduler_.at(std::min(scheduler_.now() + time, Schedule::kFaultsEnd), Scheduler::kWorld, std::move(undo));
}

void Faults::strike(Fault fault) {
  if (scheduler_.now() >= Schedule::kFaultsEnd) return;
  switch (fault) {
    case Fault::kSlowHost:
    case Fault::kLossyHost:
    case Fault::kPartition:
    case Fault::kOneWayPartition:
    case Fault::kServerCutOff:
    case Fault::kClientCutOff:
    case Fault::kReset:
    case Fault::kOutOfHandles:
      return strike_network(fault);
    case Fault::kKillLoginServer:
    case Fault::kStopLoginServer:
    case Fault::kPauseLoginServer:
    case Fault::kKillMsgServer:
    case Fault::kVanishMsgServer:
    case Fault::kDrainMsgServer:
    case Fault::kPauseMsgServer:
    case Fault::kJumpWallClock:
      return strike_server(fault);
    case Fault::kSlowReader:
    case Fault::kKillClient:
    case Fault::kVanishClient:
    case Fault::kPauseClient:
    case Fault::kLeave:
    case Fault::kRivalLogin:
      return strike_client(fault);
    case Fault::kStallStore:
    case Fault::kFailStore:
    case Fault::kCrashAfterCommit:
    case Fault::kCrashBeforeCommit:
      return strike_store(fault);
    case Fault::kCount:
      return;
  }
}

HostId Faults::any_server() {
  const size_t count = cluster_.login_servers().size() + SimCluster::kMsgServers;
  return static_cast<HostId>(rng_.pick(count));  // they were added first
}

void Faults::strike_network(Fault fault) {
  SimNetwork& network = cluster_.network();
  const HostId anybody = rng_.chance(0.3) ? any_server() : pick(cluster_.devices()).host;
  switch (fault) {
    case Fault::kSlowHost:
      tally_.add(Happening::kSlowHost);
      trace_.note("slow_host", anybody);
      network.slow_down(anybody, rng_.between(50, 4'000));
      return undo_after(rng_.between(2'000, 60'000), [&network, anybody] { network.slow_down(anybody, 0); });
    case Fault::kLossyHost:
      tally_.add(Happening::kLossyHost);
      trace_.note("lossy_host", anybody);
      network.lose(anybody, rng_.chance(0.5) ? 0.1 : 0.4);
      return undo_after(rng_.between(5'000, 90'000), [&network, anybody] { network.lose(anybody, 0); });
    case Fault::kPartition:
    case Fault::kOneWayPartition:
      return partition(fault == Fault::kOneWayPartition);
    case Fault::kServerCutOff:
      return cut_off(any_server());
    case Fault::kClientCutOff:
      return cut_off(pick(cluster_.devices()).host);
    case Fault::kReset:
      return reset(anybody, rng_.chance(0.3) ? kFlaps : 1);
    default:  // kOutOfHandles
      const HostId server = any_server();
      trace_.note("no_handles", server);
      network.run_out_of_handles(server, true);
      return undo_after(rng_.between(500, 10'000), [&network, server] { network.run_out_of_handles(server, false); });
  }
}

// More than once: a line that flaps, so that a client goes from server to server faster than the news of it.
void Faults::reset(HostId host, int times) {
  if (scheduler_.now() >= Schedule::kFaultsEnd) return;
  if (cluster_.network().reset_any(host)) tally_.add(Happening::kReset);
  if (times == 1) return;
  scheduler_.after(rng_.between(500, 5'000), Scheduler::kWorld, [this, host, times] { reset(host, times - 1); });
}

void Faults::partition(bool one_way) {
  SimNetwork& network = cluster_.network();
  const HostId from = any_server();
  const HostId to = rng_.chance(0.6) ? any_server() : pick(cluster_.devices()).host;
  if (from == to) return;
  tally_.add(one_way ? Happening::kOneWayPartition : Happening::kPartition);
  trace_.note(one_way ? "one_way" : "partition", from, to);
  network.cut(from, to);
  if (!one_way) network.cut(to, from);
  undo_after(rng_.between(1'000, 100'000), [this, &network, from, to, one_way] {
    trace_.note("healed", from, to);
    network.heal(from, to);
    if (!one_way) network.heal(to, from);
  });
}

void Faults::cut_off(HostId host) {
  SimNetwork& network = cluster_.network();
  const bool inwards = rng_.chance(0.8);
  const bool outwards = !inwards || rng_.chance(0.8);
  tally_.add(Happening::kHostCutOff);
  trace_.note("cut_off", host, inwards, outwards);
  network.isolate(host, inwards, outwards);
  undo_after(rng_.between(500, rng_.chance(0.7) ? 10'000 : 100'000), [this, &network, host, inwards, outwards] {
    trace_.note("rejoins", host);
    network.rejoin(host, inwards, outwards);
  });
}

void Faults::strike_server(Fault fault) {
  const Tick down = rng_.between(200, rng_.chance(0.8) ? 5'000 : 40'000);
  SimCluster::LoginSeat& login = pick(cluster_.login_servers());
  SimCluster::MsgSeat& msg = any_msg_server();
  switch (fault) {
    case Fault::kKillLoginServer:
      if (login.server != nullptr) tally_.add(Happening::kLoginServerKilled);
      return cluster_.kill(login, Ending::kKilled, down);
    case Fault::kStopLoginServer:
      if (login.server != nullptr) tally_.add(Happening::kLoginServerStopped);
      return cluster_.stop(login, down);
    case Fault::kPauseLoginServer:
      if (login.server == nullptr) return;
      tally_.add(Happening::kLoginServerPaused);
      return login.server->process().pause_until(scheduler_.now() + rng_.between(1'000, 60'000));
    case Fault::kKillMsgServer:
      if (msg.server != nullptr) tally_.add(Happening::kMsgServerKilled);
      return cluster_.kill(msg, Ending::kKilled, down);
    case Fault::kVanishMsgServer:
      if (msg.server != nullptr) tally_.add(Happening::kMsgServerVanished);
      return cluster_.kill(msg, Ending::kVanished, down + rng_.between(0, 60'000));
    case Fault::kDrainMsgServer:
      if (msg.server != nullptr && !msg.leaving) tally_.add(Happening::kMsgServerDrained);
      return cluster_.stop(msg, down);
    case Fault::kPauseMsgServer:
      if (msg.server == nullptr) return;
      tally_.add(Happening::kMsgServerPaused);
      return msg.server->process().pause_until(scheduler_.now() + rng_.between(1'000, 60'000));
    default:
      return jump_wall_clock();
  }
}

SimProcess* Faults::process_of(HostId host) {
  for (SimCluster::LoginSeat& seat : cluster_.login_servers()) {
    if (seat.host == host && seat.server != nullptr) return &seat.server->process();
  }
  for (SimCluster::MsgSeat& seat : cluster_.msg_servers()) {
    if (seat.host == host && seat.server != nullptr) return &seat.server->process();
  }
  return nullptr;
}

void Faults::jump_wall_clock() {
  SimProcess* process = process_of(any_server());
  if (process == nullptr) return;
  tally_.add(Happening::kWallClockJump);
  trace_.note("clock_jumps", process->host());
  process->clock().set_wall_error(rng_.between(-24 * kHour, 24 * kHour));
}

void Faults::strike_client(Fault fault) {
  SimCluster::Device& device = pick(cluster_.devices());
  const Tick down = rng_.between(100, rng_.chance(0.8) ? 10'000 : 100'000);
  if (fault == Fault::kRivalLogin) {
    if (device.client != nullptr && !device.client->closed()) return;
    tally_.add(Happening::kRivalLogin);
    if (device.client != nullptr) return cluster_.kill(device, Ending::kKilled, 1);
    return cluster_.start(device);
  }
  if (device.client == nullptr) return;
  switch (fault) {
    case Fault::kKillClient:
      tally_.add(Happening::kClientKilled);
      return cluster_.kill(device, Ending::kKilled, down);
    case Fault::kVanishClient:
      tally_.add(Happening::kClientVanished);
      return cluster_.kill(device, Ending::kVanished, down);
    case Fault::kPauseClient:
      tally_.add(Happening::kClientPaused);
      return device.client->process().pause_until(scheduler_.now() + rng_.between(1'000, 60'000));
    case Fault::kLeave:
      tally_.add(Happening::kClientLeft);
      return cluster_.leave(device, down);
    default:
      return slow_reader();
  }
}

// A client that does not read for a while, and everybody's friend just then.
void Faults::slow_reader() {
  SimCluster::Device& reader = pick(cluster_.devices());
  SimCluster::Device& talker = pick(cluster_.devices());
  if (reader.client == nullptr || talker.client == nullptr || reader.user == talker.user) return;
  if (!reader.client->online() || !talker.client->online()) return;
  tally_.add(Happening::kSlowReader);
  reader.client->process().pause_until(scheduler_.now() + rng_.between(10'000, 60'000));
  const ConversationId to{IM::BaseDefine::SESSION_TYPE_SINGLE, cluster_.user_id(reader.user)};
  for (int i = 0; i < kBurstToSlowReader; ++i) talker.client->send(to, kBurstBody);
}

void Faults::strike_store(Fault fault) {
  switch (fault) {
    case Fault::kStallStore:
      tally_.add(Happening::kStoreStalled);
      cluster_.store().writing().stalled_until = scheduler_.now() + rng_.between(500, 30'000);
      if (rng_.chance(0.5)) cluster_.store().reading().stalled_until = cluster_.store().writing().stalled_until;
      return;
    case Fault::kFailStore:
      cluster_.store().fail_commits(true);
      return undo_after(rng_.between(200, 20'000), [this] { cluster_.store().fail_commits(false); });
    default:
      return crash_at_commit(fault == Fault::kCrashAfterCommit);
  }
}

void Faults::crash_at_commit(bool after) {
  SimCluster::MsgSeat& seat = any_msg_server();
  if (seat.server != nullptr) wait_for_commit(seat, after, scheduler_.now() + 10'000);
}

// Looks every millisecond, until there is a commit to crash in.
void Faults::wait_for_commit(SimCluster::MsgSeat& seat, bool after, Tick give_up_at) {
  const SimExecutor& writes = seat.server->writes();
  if (after ? writes.unheard() : writes.under_way()) {
    tally_.add(after ? Happening::kCommitBeforeCrash : Happening::kCrashBeforeCommit);
    return cluster_.kill(seat, Ending::kKilled, rng_.between(200, 5'000));
  }
  if (scheduler_.now() >= std::min(give_up_at, Schedule::kFaultsEnd)) return;
  scheduler_.after(1, seat.server->process().owner(),
                   [this, &seat, after, give_up_at] { wait_for_commit(seat, after, give_up_at); });
}

// What was broken for a while undoes itself by now (undo_after).
void Faults::heal_all() {
  trace_.note("all_healed", Trace::kNoHost);
  cluster_.store().fail_commits(false);
  cluster_.store().writing().stalled_until = cluster_.store().reading().stalled_until = 0;
  cluster_.network().manners().refused_connects = 0;
  cluster_.network().manners().broken_in_backlog = 0;
  for (SimCluster::LoginSeat& seat : cluster_.login_servers()) {
    if (seat.server != nullptr) seat.server->process().resume();
  }
  for (SimCluster::MsgSeat& seat : cluster_.msg_servers()) {
    if (seat.server != nullptr) seat.server->process().resume();
  }
  for (SimCluster::Device& device : cluster_.devices()) {
    if (device.client != nullptr) device.client->process().resume();
  }
  cluster_.bring_up();
  // Where clocks are wrong, a login on a server that has just begun may lose to the session that it moves from, which
  // somebody's clock has dated into the future. The person logs in again.
  scheduler_.at(Schedule::kWorkEnds, Scheduler::kWorld, [this] { cluster_.bring_up(); });
}

}  // namespace talkbeat::sim
