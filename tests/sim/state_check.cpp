#include "tests/sim/state_check.h"

#include <algorithm>
#include <map>
#include <utility>

#include "msg_server/client_session.h"

namespace talkbeat::sim {

namespace {

constexpr Tick kLookEveryMs = 500;
constexpr std::string_view kClientRole = "client";
// A buffer may end above its bound by one PDU: the longest is a page of 100 messages of 1 KiB.
constexpr size_t kOnePdu = 128 << 10;

}  // namespace

StateCheck::StateCheck(Scheduler& scheduler, SimCluster& cluster, const MessageCheck& messages, Tally& tally,
                       MessageCheck::Report report)
    : scheduler_(scheduler), cluster_(cluster), messages_(messages), tally_(tally), report_(std::move(report)) {}

void StateCheck::begin() {
  watch();
  scheduler_.at(Schedule::kAskPresence, Scheduler::kWorld, [this] { ask_presence(); });
}

void StateCheck::watch() {
  for (SimCluster::MsgSeat& seat : cluster_.msg_servers()) {
    if (seat.server == nullptr) continue;
    check_buffers(seat);
    check_ledger(seat);
  }
  for (SimCluster::LoginSeat& seat : cluster_.login_servers()) {
    if (seat.server != nullptr) check_buffers(seat);
  }
  check_sessions_held();
  scheduler_.after(kLookEveryMs, Scheduler::kWorld, [this] { watch(); });
}

void StateCheck::check_buffers(SimCluster::MsgSeat& seat) {
  const std::string server = "msg_server_" + std::to_string(seat.number);
  const MsgServerConfig& config = seat.server->config();
  check_buffers(server, seat.server->connections(), kClientRole, config.client.out.hard);
  check_buffers(server, seat.server->connections(), "server_link", config.cluster.link.out.hard);
}

void StateCheck::check_buffers(SimCluster::LoginSeat& seat) {
  check_buffers("login_server_" + std::to_string(seat.number), seat.server->connections(), "server_link",
                seat.server->config().cluster.link.out.hard);
}

void StateCheck::check_buffers(const std::string& server, ConnectionTable& connections, std::string_view role,
                               size_t bound) {
  connections.for_each([&](Connection& connection) {
    if (connection.protocol().role() != role || connection.waiting_to_send() <= bound + kOnePdu) return;
    report_("a buffer beyond its bound",
            server + " holds " + std::to_string(connection.waiting_to_send()) + " bytes for " + connection.subject());
  });
}

void StateCheck::check_ledger(const SimCluster::MsgSeat& seat) {
  if (balanced(seat.server->ledger())) return;
  report_("a ledger that does not balance", "of msg_server_" + std::to_string(seat.number));
}

// As the msg_servers' own connections are, whatever their directories or the clients believe.
void StateCheck::check_sessions_held() {
  std::map<std::pair<UserId, ClientClass>, size_t> holders;  // the server that was looked at last
  const bool one_in_all = scheduler_.now() >= Schedule::kOneSessionInAll;
  for (SimCluster::MsgSeat& seat : cluster_.msg_servers()) {
    if (seat.server == nullptr) continue;
    seat.server->connections().for_each([&](Connection& connection) {
      if (connection.protocol().role() != kClientRole || connection.closing()) return;
      const auto& session = connection.attachment<ClientSession>();
      if (session.phase != Phase::kOnline) return;
      const auto [held, first] = holders.try_emplace({session.user, session.client_class}, seat.number);
      const size_t before = std::exchange(held->second, seat.number);
      if (first || (before != seat.number && !one_in_all)) return;
      report_(before == seat.number ? "a msg_server has two sessions of one user and class"
                                    : "two msg_servers have a session of one user and class",
              "user " + std::to_string(session.user) + ", msg_server_" + std::to_string(before) + " and msg_server_" +
                  std::to_string(seat.number));
    });
  }
}

std::vector<UserId> StateCheck::online_users() const {
  std::vector<UserId> online;
  for (const SimCluster::Device& device : cluster_.devices()) {
    if (device.client != nullptr && device.client->online()) online.push_back(cluster_.user_id(device.user));
  }
  std::ranges::sort(online);
  online.erase(std::unique(online.begin(), online.end()), online.end());
  return online;
}

// One client of each msg_server.
void StateCheck::ask_presence() {
  std::vector<std::string> servers;
  for (const SimCluster::Device& device : cluster_.devices()) {
    if (device.client == nullptr || !device.client->online()) continue;
    const std::string server = device.client->client().info().server.ip;
    if (std::ranges::find(servers, server) != servers.end()) continue;
    servers.push_back(server);
    ask(device);
  }
}

void StateCheck::ask(const SimCluster::Device& device) {
  ++asked_;
  device.client->ask_online(cluster_.users(),
                            [this, server = device.client->client().info().server.ip](std::vector<UserId> answer) {
                              ++answered_;
                              tally_.add(Happening::kPresenceChecked);
                              std::ranges::sort(answer);
                              if (answer == online_users()) return;
                              std::string wrong;
                              for (const UserId user : cluster_.users()) {
                                const bool known = std::ranges::binary_search(answer, user);
                                const bool online = std::ranges::count(online_users(), user) > 0;
                                if (known != online)
                                  wrong += " " + std::to_string(user) + (online ? " (is online)" : " (is not)");
                              }
                              report_("a msg_server is wrong about who is online", server + ":" + wrong);
                            });
}

void StateCheck::check_end() {
  check_sessions();
  for (const SimCluster::Device& device : cluster_.devices()) {
    if (device.client != nullptr && device.client->online()) check_device(device);
  }
  if (asked_ == 0 || answered_ != asked_) report_("no answer to who is online", std::to_string(asked_ - answered_));
}

void StateCheck::check_sessions() {
  std::map<std::pair<size_t, bool>, int> sessions;
  for (const SimCluster::Device& device : cluster_.devices()) {
    int& count = sessions[{device.user, device.type == IM::BaseDefine::CLIENT_TYPE_ANDROID}];
    if (device.client != nullptr && device.client->online()) ++count;
    if (device.client != nullptr && device.client->client().info().closed_by == ClosedBy::kRefusal) {
      report_("a login was refused for good", "user " + std::to_string(cluster_.user_id(device.user)));
    }
  }
  for (const auto& [key, count] : sessions) {
    if (count == 1) continue;
    report_(count == 0 ? "nobody is online" : "two sessions of one user and class",
            "user " + std::to_string(cluster_.user_id(key.first)) + (key.second ? ", phone" : ", PC"));
  }
}

void StateCheck::check_device(const SimCluster::Device& device) {
  const SimClient& client = *device.client;
  messages_.check_complete(client.id(), cluster_.groups_of(device.user));
  if (client.client().info().unsent == 0) return;
  report_("messages without an answer", std::to_string(client.client().info().unsent) + " of client " +
                                            std::to_string(static_cast<uint32_t>(client.id())));
}

}  // namespace talkbeat::sim
