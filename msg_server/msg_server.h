#pragma once

#include "base/close_log.h"
#include "base/http_port.h"
#include "base/metrics.h"
#include "msg_server/bus/login_server_bus.h"
#include "msg_server/client_port.h"
#include "msg_server/drain.h"
#include "msg_server/files/transfers.h"
#include "msg_server/http_pages.h"
#include "msg_server/ledger_check.h"
#include "msg_server/push/push.h"
#include "msg_server/remote_presence.h"
#include "msg_server/sessions.h"

namespace talkbeat {

/// One msg_server: its ports, its users, its links. Everything from outside (loop, store, workers, randomness) is
/// handed in, so that main() runs one on real sockets, and a test or a simulation several in one thread. Loop's thread
/// only.
///
///   MsgServer server(loop, store, hashing, files, rng, metrics, config, cluster_key);
///   server.when_gone([&] { loop.stop(); });
///   Status status = server.start();
///   loop.run();     // until drain() or leave_now() has ended
///   server.stop();  // and turn the loop until stopped()
class MsgServer final : private BusListener {
 public:
  /// All of them outlive the server. `hashing`: where passwords are checked. `files`: where offline files are read and
  /// written.
  MsgServer(EventLoop& loop, Store& store, Executor& hashing, Executor& files, Rng& rng, Metrics& metrics,
            const MsgServerConfig& config, const ClusterKey& key);
  ~MsgServer();

  /// Opens the ports and begins to connect to the login_servers. Fails where a port is taken.
  Status start();
  /// Leaves in good order: clients are asked to go elsewhere, and served until they have. Again changes nothing.
  void drain() { drain_.begin(); }
  /// Leaves at once, losing no acked message.
  void leave_now() { drain_.leave_now(); }
  /// What is called at the end of either: no client is left, time to stop(). Before start().
  void when_gone(std::function<void()> gone) { gone_ = std::move(gone); }
  /// Closes the ports and all connections; what waits to be sent is sent.
  void stop();
  bool stopped() const { return connections_.size() == 0 && push_.finished(); }
  /// Takes over the settings that may change while the server runs.
  void settings_changed();

  Address client_address() const { return client_port_.address(); }
  /// 0: there is none.
  uint16_t tls_port() const { return parts_.ports.tls; }
  Address http_address() const { return http_listener_.address(); }
  uint64_t epoch() const { return epoch_; }
  /// For who watches over what they hold: a simulation.
  ConnectionTable& connections() { return connections_; }
  /// What became of all messages: it balances between any two turns of the loop.
  LedgerSheet ledger() const { return ledger_check_.sheet(); }

 private:
  void on_relay(const TbRelay& relay) override;
  void on_relay_to(std::span<const UserId> users, std::span<const std::byte> pdu,
                   std::optional<ClientClass> only) override;
  void on_sweep(uint64_t after_sequence) override;
  void on_kick(UserId user, ClientClass client_class, IM::BaseDefine::KickReasonType reason,
               uint64_t login_stamp) override;
  void on_end_session(UserId user, ClientClass client_class, EndReason reason, uint64_t login_stamp) override;
  void on_remote_online(size_t source, UserId user, ClientClass client_class, const SessionInfo& session) override;
  void on_remote_offline(size_t source, UserId user, ClientClass client_class) override;
  void on_source_lost(size_t source) override;
  OwnLoad own_load() override;
  const UserDirectory& directory() override { return users_; }

  std::string health() const;
  /// How far the store has got: sweeps begin there.
  void learn_sequence();
  void add_metrics();

  EventLoop& loop_;
  Store& store_;
  Metrics& metrics_;
  const MsgServerConfig& config_;
  const uint64_t epoch_;
  const Tick started_at_;
  Timer sequence_timer_;
  Tick loop_lag_ms_ = 0;    // as of the last report
  Tick lag_taken_at_ = -1;  // every login_server is told in the same turn, and gets the same
  const std::string decoy_hash_;

  CloseLog close_log_;
  ConnectionTable connections_;
  UserDirectory users_;
  LoginThrottle throttle_;
  LoginParts logins_;
  ClientLiveness client_liveness_;
  LoginServerBus bus_;
  Watchers watchers_;
  GroupCache groups_;
  Ledger ledger_;
  Delivery delivery_;
  StatusNotifier status_;
  RemotePresence remote_presence_;
  Push push_;
  MsgServerParts parts_;
  LedgerCheck ledger_check_;
  Sessions sessions_;
  Transfers transfers_;
  ClientPort client_port_;
  std::function<void()> gone_;
  Drain drain_;
  MsgHttpPages pages_;
  HttpPort http_;
  Listener http_listener_;
};

}  // namespace talkbeat
