#include "tests/sim/sim_cluster.h"

#include <algorithm>
#include <utility>

namespace talkbeat::sim {

namespace {

constexpr Tick kLookAgainMs = 100;
constexpr Tick kStartOver = 8'000;  // the clients come within so many milliseconds
constexpr size_t kUsersWithPhone = 15;
constexpr Tick kLateLogin = 60'000;  // for so long a program that has ended may still be logged in

std::string ip(int network, size_t host) {
  return "10.0." + std::to_string(network) + "." + std::to_string(host + 1);
}

std::unique_ptr<SimLoginServer>& process_of(SimCluster::LoginSeat& seat) {
  return seat.server;
}
std::unique_ptr<SimMsgServer>& process_of(SimCluster::MsgSeat& seat) {
  return seat.server;
}
std::unique_ptr<SimClient>& process_of(SimCluster::Device& device) {
  return device.client;
}

}  // namespace

SimCluster::SimCluster(Scheduler& scheduler, const Plan& plan, uint64_t seed, Trace& trace, Tally& tally,
                       MessageCheck& check, MessageCheck::Report report)
    : scheduler_(scheduler),
      plan_(plan),
      rng_(seed),
      trace_(trace),
      tally_(tally),
      check_(check),
      report_(std::move(report)),
      network_(scheduler, rng_.fork(), trace, tally),
      store_(kUsers) {
  network_.manners() = plan.network;
  store_.writing() = {.before_ms = plan.commit_ms, .after_ms = 1, .late = plan.late_commits};
  store_.reading() = {.before_ms = 1, .after_ms = 1, .late = plan.late_commits / 2};
  add_hosts();
}

SimCluster::~SimCluster() = default;

// Each user has a PC, half of them a phone as well; the rest of the devices are second PCs, whose logins throw the
// first one out.
void SimCluster::add_hosts() {
  for (size_t i = 0; i < plan_.login_servers; ++i) {
    login_servers_.push_back({.host = network_.add_host(ip(0, i)), .number = i});
    trace_.name(login_servers_.back().host, "login_server_" + std::to_string(i));
    client_entries_.push_back({ip(0, i), kLoginClientPort});
    server_entries_.push_back({ip(0, i), kLoginClusterPort});
  }
  for (size_t i = 0; i < kMsgServers; ++i) {
    msg_servers_.push_back({.host = network_.add_host(ip(1, i)), .number = i});
    trace_.name(msg_servers_.back().host, "msg_server_" + std::to_string(i));
  }
  for (size_t i = 0; i < kUsers; ++i) add_device(i, IM::BaseDefine::CLIENT_TYPE_WINDOWS);
  for (size_t i = 0; i < kUsersWithPhone; ++i) add_device(i, IM::BaseDefine::CLIENT_TYPE_ANDROID);
  for (size_t i = 0; devices_.size() < kClients; ++i) add_device(i, IM::BaseDefine::CLIENT_TYPE_MAC);
}

void SimCluster::add_device(size_t user, IM::BaseDefine::ClientType type) {
  devices_.push_back({.host = network_.add_host(ip(2, devices_.size())), .user = user, .type = type});
  const char* kind = type == IM::BaseDefine::CLIENT_TYPE_ANDROID ? "phone"
                     : type == IM::BaseDefine::CLIENT_TYPE_MAC   ? "mac"
                                                                 : "pc";
  trace_.name(devices_.back().host, "user" + std::to_string(user) + "_" + kind);
}

void SimCluster::start() {
  for (LoginSeat& seat : login_servers_) start(seat);
  for (MsgSeat& seat : msg_servers_) start(seat);
  for (Device& device : devices_) {
    if (device.type != IM::BaseDefine::CLIENT_TYPE_MAC) start_after(device, rng_.between(1, kStartOver));
  }
}

Place SimCluster::place_of(HostId host) {
  return {.scheduler = scheduler_,
          .network = network_,
          .trace = trace_,
          .tally = tally_,
          .host = host,
          .seed = rng_.draw(),
          .wall_error = plan_.wrong_clocks ? rng_.between(-30'000, 30'000) : 0,
          .misuse = [this, host](const std::string& what) { report_("misuse", trace_.name_of(host) + ": " + what); }};
}

void SimCluster::start(LoginSeat& seat) {
  if (seat.server != nullptr) return;
  if (std::exchange(seat.vanished, false)) network_.power_on(seat.host);
  trace_.note("starts", seat.host);
  seat.server = std::make_unique<SimLoginServer>(place_of(seat.host), seat.number);
}

void SimCluster::start(MsgSeat& seat) {
  if (seat.server != nullptr) return;
  if (std::exchange(seat.vanished, false)) network_.power_on(seat.host);
  trace_.note("starts", seat.host);
  const SimMsgServer::Settings settings{.login_servers = server_entries_, .out = plan_.out};
  seat.server =
      std::make_unique<SimMsgServer>(place_of(seat.host), seat.number, settings, store_, [this] { committed(); });
}

void SimCluster::start(Device& device) {
  if (device.client != nullptr) return;
  if (std::exchange(device.vanished, false)) network_.power_on(device.host);
  trace_.note("starts", device.host);
  device.started_at = scheduler_.now();
  const SimClient::Identity identity{.user = user_id(device.user),
                                     .name = Population::name_of(device.user),
                                     .type = device.type,
                                     .login_servers = client_entries_,
                                     .may_be_kicked = [this, &device] { return may_be_kicked(device); },
                                     .reads = plan_.reads};
  device.client = std::make_unique<SimClient>(place_of(device.host), identity, check_);
}

// Where a clock is wrong, its own earlier session may seem to be the later one.
bool SimCluster::may_be_kicked(const Device& device) const {
  const auto phone = [](const Device& which) { return which.type == IM::BaseDefine::CLIENT_TYPE_ANDROID; };
  if (plan_.wrong_clocks || plan_.mean_interval[static_cast<size_t>(Fault::kJumpWallClock)] != 0) return true;
  return std::ranges::any_of(devices_, [&](const Device& other) {
    return &other != &device && other.user == device.user && phone(other) == phone(device) &&
           (other.client != nullptr || other.ended_at + kLateLogin > device.started_at);
  });
}

template <class SeatOrDevice>
void SimCluster::start_after(SeatOrDevice& seat, Tick down) {
  scheduler_.after(down, Scheduler::kWorld, [this, &seat] { start(seat); });
}

void SimCluster::count_closes(MsgSeat& seat) {
  if (seat.server == nullptr) return;
  const auto count = [&](Happening happening, const char* role, CloseReason reason) {
    tally_.add(happening, static_cast<uint64_t>(seat.server->closed(role, reason)));
  };
  count(Happening::kSlowConsumerClosed, "client", CloseReason::kSlowConsumer);
  count(Happening::kSlowLinkClosed, "server_link", CloseReason::kSlowConsumer);
  count(Happening::kSilentClosed, "client", CloseReason::kSilent);
}

void SimCluster::count_all() {
  for (MsgSeat& seat : msg_servers_) count_closes(seat);
  tally_.add(Happening::kStoreFailed, store_.failed_commits());
}

template <class SeatOrDevice>
void SimCluster::end(SeatOrDevice& seat, SimNetwork::Ending how) {
  trace_.note(how == SimNetwork::Ending::kKilled ? "ends" : "vanishes", seat.host);
  count_closes(seat);
  process_of(seat)->process().transport().die(how);
  seat.vanished = how == SimNetwork::Ending::kVanished;
  seat.leaving = false;
  note_end(seat);
  process_of(seat).reset();
}

template <class SeatOrDevice>
void SimCluster::kill(SeatOrDevice& seat, SimNetwork::Ending how, Tick down) {
  if (process_of(seat) == nullptr) return;
  end(seat, how);
  start_after(seat, down);
}

template void SimCluster::kill(LoginSeat&, SimNetwork::Ending, Tick);
template void SimCluster::kill(MsgSeat&, SimNetwork::Ending, Tick);
template void SimCluster::kill(Device&, SimNetwork::Ending, Tick);

// What is called inside of the process's own turn ends it after that turn; unless it was killed meanwhile.
void SimCluster::stop(LoginSeat& seat, Tick down) {
  if (seat.server == nullptr || std::exchange(seat.leaving, true)) return;
  trace_.note("sigterm", seat.host);
  seat.server->stop([this, &seat, down, owner = seat.server->process().owner()] {
    scheduler_.after(0, owner, [this, &seat, down] { kill(seat, SimNetwork::Ending::kKilled, down); });
  });
}

void SimCluster::stop(MsgSeat& seat, Tick down) {
  if (seat.server == nullptr || std::exchange(seat.leaving, true)) return;
  trace_.note("sigterm", seat.host);
  seat.server->drain([this, &seat, down, owner = seat.server->process().owner()] {
    scheduler_.after(0, owner, [this, &seat, down] { kill(seat, SimNetwork::Ending::kKilled, down); });
  });
}

void SimCluster::leave(Device& device, Tick away) {
  if (device.client == nullptr || std::exchange(device.leaving, true)) return;
  device.client->leave();
  look_whether_gone(device, away);
}

void SimCluster::look_whether_gone(Device& device, Tick away) {
  scheduler_.after(kLookAgainMs, device.client->process().owner(), [this, &device, away] {
    if (device.client->gone()) {
      kill(device, SimNetwork::Ending::kKilled, away);
    } else {
      look_whether_gone(device, away);
    }
  });
}

// One device for each user and class: the one that is on, or else the first.
void SimCluster::bring_up() {
  for (LoginSeat& seat : login_servers_) start(seat);
  for (MsgSeat& seat : msg_servers_) start(seat);
  std::vector<std::pair<size_t, bool>> on;
  for (const Device& device : devices_) {
    const bool phone = device.type == IM::BaseDefine::CLIENT_TYPE_ANDROID;
    if (device.client != nullptr && !device.client->closed() && !device.leaving) on.emplace_back(device.user, phone);
  }
  for (Device& device : devices_) {
    const std::pair key(device.user, device.type == IM::BaseDefine::CLIENT_TYPE_ANDROID);
    if (std::ranges::find(on, key) != on.end()) continue;
    if (device.client != nullptr && device.client->closed()) end(device, SimNetwork::Ending::kKilled);
    if (device.client != nullptr) continue;
    start(device);
    on.push_back(key);
  }
}

std::vector<GroupId> SimCluster::groups_of(size_t user) const {
  const Population& all = store_.population();
  std::vector<GroupId> groups;
  for (size_t i = 0; i < all.groups.size(); ++i) {
    if (std::ranges::find(all.members[i], all.users[user]) != all.members[i].end()) groups.push_back(all.groups[i]);
  }
  return groups;
}

void SimCluster::committed() {
  const uint64_t before = check_.last_sequence();
  check_.committed(store_.database());
  if (check_.last_sequence() != before) trace_.note("commit", Trace::kNoHost, check_.last_sequence());
}

}  // namespace talkbeat::sim
