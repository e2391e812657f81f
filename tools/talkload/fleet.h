#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <queue>
#include <string>
#include <vector>

#include "base/rng.h"
#include "base/timer_list.h"
#include "tools/talkload/beat_ring.h"
#include "tools/talkload/cluster_access.h"
#include "tools/talkload/counters.h"
#include "tools/talkload/load_link.h"
#include "tools/talkload/pacing.h"

namespace talkbeat::load {

/// Told what happens to the clients of a fleet, each named by its number in it.
class FleetListener {
 public:
  /// Logged in, `took_ns` after it began to connect; `again`: not for the first time.
  virtual void on_online(uint32_t client, uint64_t took_ns, bool again) = 0;
  /// A PDU that the fleet has no use for itself. `now_ns`: when it was read.
  virtual void on_pdu(uint32_t client, const PduHeader& header, std::span<const std::byte> body, uint64_t now_ns) = 0;
  /// It was online, and its connection has ended; where the fleet reconnects, it comes back by itself.
  virtual void on_offline(uint32_t client) = 0;
  virtual void on_beat_answered(uint32_t /*client*/, uint64_t /*took_ns*/) {}

 protected:
  ~FleetListener() = default;
};

/// One client of a fleet: who it is and where it goes.
struct ClientPlan {
  uint32_t user = 0;    // in the UserBook
  uint16_t server = 0;  // in ClusterAccess::msg_servers; nothing where clients ask a login_server
};

struct FleetOptions {
  double connect_rate = 0;        // a second; 0: no limit but connect_window
  uint32_t connect_window = 128;  // so many connect or log in at once
  uint32_t heartbeat_ms = 20'000;
  uint32_t source_addresses = 0;  // 0: the system chooses
  uint32_t first_source = 0;      // so that processes do not all begin with the same one
  bool reconnect = false;         // a client that is lost comes back, by a login_server if there is one
  uint64_t seed = 1;
};

/// All simulated clients of one load process: brings them online, keeps them alive, and, where that is wished, brings
/// them back. The loop's thread only.
///
///   Fleet fleet(loop, access, plans, options, counters, listener);
///   fleet.start_all();
///   fleet.send(client, pdu);
class Fleet final : private LinkOwner {
 public:
  Fleet(EventLoop& loop, const ClusterAccess& access, const std::vector<ClientPlan>& plans, const FleetOptions& options,
        Counters& counters, FleetListener& listener);

  void start_all();
  /// Connects and logs in again; now or when there is room. It is offline.
  void start(uint32_t client);
  /// Ends its connection at once, without a word.
  void drop(uint32_t client);
  void close_all();

  void send(uint32_t client, std::span<const std::byte> pdu);
  bool online(uint32_t client) const { return clients_[client].phase == Phase::kOnline; }
  uint32_t id(uint32_t client) const { return clients_[client].id; }
  uint32_t online_count() const { return online_; }
  uint32_t size() const { return static_cast<uint32_t>(clients_.size()); }
  EventLoop& loop() { return loop_; }

  /// From here on nobody is kept or brought back: what ends now is our own wish.
  void let_go() { letting_go_ = true; }
  /// Until the load begins, whoever loses its connection logs in again at the same place; from then on, only where
  /// FleetOptions::reconnect says so.
  void load_begins() { coming_up_ = false; }
  /// No more heartbeats, so that those that are open can all have their answers.
  void stop_beating() { beats_ = false; }
  /// Heartbeats that wait for their answers.
  uint32_t open_beats() const;
  /// Bytes in and out so far go into the counters.
  void count_bytes();
  /// What went wrong, in words, with how often it did: at most kKeptReasons different ones.
  const std::map<std::string, uint64_t>& troubles() const { return troubles_; }
  void note_trouble(const std::string& why);
  static constexpr size_t kKeptReasons = 20;

 private:
  enum class Phase : uint8_t { kOff, kAsking, kConnecting, kLoggingIn, kOnline };

  struct LoadClient {
    LoadLink link;
    uint32_t user = 0;
    uint32_t id = 0;
    uint32_t clock_us = 0;  // online: when the open heartbeat went out; before: when it began to connect
    uint32_t last_sent_ms = 0;
    uint16_t server = 0;  // in servers_
    uint16_t seq_num = 0;
    uint8_t failures = 0;
    Phase phase = Phase::kOff;
    bool asks = false;       // a login_server, before it connects
    bool beating = false;    // it is in the ring
    bool beat_open = false;  // and its last heartbeat has no answer yet
    bool was_online = false;
  };
  struct Attempt {
    uint32_t client;
    uint32_t began_us;
    Tick due;
  };
  struct Return {
    Tick due;
    uint32_t client;
    bool operator>(const Return& other) const { return due > other.due; }
  };

  void on_connected(LoadLink& link) override;
  bool on_pdu(LoadLink& link, const PduHeader& header, std::span<const std::byte> body) override;
  void on_lost(LoadLink& link, const std::string& why) override;

  void pump();
  void pump_later();
  void begin(uint32_t number);
  void connect_to(uint32_t number, const SocketAddress& target);
  void end_attempt();
  void send_login(LoadClient& client);
  void on_place(uint32_t number, std::span<const std::byte> body);
  void on_login_answer(uint32_t number, std::span<const std::byte> body);
  void on_go_away(uint32_t number, std::span<const std::byte> body);
  void on_heartbeat(LoadClient& client);
  /// From clock_us until what is being handled was read.
  uint64_t took_ns(const LoadClient& client) const;
  bool beat(uint32_t number);
  void lost(uint32_t number, const std::string& why);
  void return_later(uint32_t number, Tick delay);
  void look_around();
  void look_within(Tick delay);
  uint16_t server_index(const std::string& ip, uint32_t port);
  uint32_t now_us() const { return static_cast<uint32_t>(monotonic_ns() / 1000); }

  EventLoop& loop_;
  const ClusterAccess& access_;
  FleetOptions options_;
  Counters& counters_;
  FleetListener& listener_;
  LinkTable links_;
  SeededRng rng_;
  std::vector<LoadClient> clients_;
  std::vector<Address> server_addresses_;
  std::vector<SocketAddress> servers_;
  std::vector<SocketAddress> login_servers_;
  std::vector<SocketAddress> sources_;
  BeatRing ring_;
  Allowance allowance_;
  std::deque<uint32_t> to_start_;
  std::deque<Attempt> attempts_;
  std::priority_queue<Return, std::vector<Return>, std::greater<>> returning_;
  Timer ring_timer_;
  Tick look_due_ = 0;  // while it is armed
  std::map<std::string, uint64_t> troubles_;
  std::string wire_password_;
  uint32_t in_flight_ = 0;
  uint32_t online_ = 0;
  uint32_t ask_turn_ = 0;
  bool pump_posted_ = false;
  bool letting_go_ = false;
  bool coming_up_ = true;
  bool beats_ = true;
};

}  // namespace talkbeat::load
