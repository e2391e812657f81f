#pragma once

#include <memory>
#include <optional>

#include "tests/sim/plan.h"
#include "tests/sim/sim_client.h"

namespace talkbeat::sim {

/// All hosts of a simulation and what runs on them: login_servers, three msg_servers over one store, and the devices of
/// the users with their clients. Starts, ends and restarts processes; every start is a new process with a new seed.
///
///   SimCluster cluster(scheduler, plan, seed, trace, tally, check, report);
///   cluster.start();
///   cluster.kill(cluster.msg_server(1), Ending::kKilled, 5'000);  // and starts again five seconds later
class SimCluster {
 public:
  static constexpr size_t kMsgServers = 3;
  static constexpr size_t kUsers = 30;
  static constexpr size_t kClients = 50;

  /// A device: whose it is, and the program on it.
  struct Device {
    HostId host = 0;
    size_t user = 0;
    IM::BaseDefine::ClientType type = IM::BaseDefine::CLIENT_TYPE_WINDOWS;
    std::unique_ptr<SimClient> client{};  ///< none: it is switched off
    bool leaving = false;
    bool vanished = false;
    Tick started_at = 0;
    Tick ended_at = INT64_MIN / 2;
  };
  template <class Server>
  struct Seat {
    HostId host = 0;
    size_t number = 0;
    std::unique_ptr<Server> server{};  ///< none: it is down
    bool leaving = false;
    bool vanished = false;
  };
  using LoginSeat = Seat<SimLoginServer>;
  using MsgSeat = Seat<SimMsgServer>;

  SimCluster(Scheduler& scheduler, const Plan& plan, uint64_t seed, Trace& trace, Tally& tally, MessageCheck& check,
             MessageCheck::Report report);
  ~SimCluster();

  void start();

  std::vector<LoginSeat>& login_servers() { return login_servers_; }
  std::vector<MsgSeat>& msg_servers() { return msg_servers_; }
  std::vector<Device>& devices() { return devices_; }
  SimStore& store() { return store_; }
  SimNetwork& network() { return network_; }
  UserId user_id(size_t user) const { return store_.population().users[user]; }
  const std::vector<UserId>& users() const { return store_.population().users; }
  std::vector<GroupId> groups_of(size_t user) const;

  /// The process ends at once, and another one begins after `down`.
  template <class SeatOrDevice>
  void kill(SeatOrDevice& seat, SimNetwork::Ending how, Tick down);
  /// SIGTERM, and another one begins `down` after it has gone.
  void stop(LoginSeat& seat, Tick down);
  void stop(MsgSeat& seat, Tick down);
  /// The person closes the program, and opens it again.
  void leave(Device& device, Tick away);
  /// Every device that is off, of a user and class that is not logged in elsewhere, is switched on.
  void bring_up();
  /// At the end: what the servers themselves have counted.
  void count_all();
  void start(LoginSeat& seat);
  void start(MsgSeat& seat);
  void start(Device& device);

 private:
  Place place_of(HostId host);
  void add_hosts();
  void add_device(size_t user, IM::BaseDefine::ClientType type);
  template <class SeatOrDevice>
  void end(SeatOrDevice& seat, SimNetwork::Ending how);
  template <class SeatOrDevice>
  void start_after(SeatOrDevice& seat, Tick down);
  bool may_be_kicked(const Device& device) const;
  void note_end(Device& device) { device.ended_at = scheduler_.now(); }
  template <class Other>
  void note_end(Other& /*seat*/) {}
  void count_closes(MsgSeat& seat);
  template <class Other>
  void count_closes(Other& /*seat*/) {}
  void look_whether_gone(Device& device, Tick away);
  void committed();

  Scheduler& scheduler_;
  const Plan& plan_;
  SimRng rng_;
  Trace& trace_;
  Tally& tally_;
  MessageCheck& check_;
  MessageCheck::Report report_;
  SimNetwork network_;
  SimStore store_;
  std::vector<LoginSeat> login_servers_;
  std::vector<MsgSeat> msg_servers_;
  std::vector<Device> devices_;
  std::vector<Address> client_entries_;  // where clients ask
  std::vector<Address> server_entries_;  // where msg_servers register
};

}  // namespace talkbeat::sim
