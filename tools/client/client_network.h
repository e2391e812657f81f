#pragma once

#include <google/protobuf/arena.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/connection_table.h"
#include "base/pdu_protocol.h"
#include "base/rng.h"
#include "base/tls_context.h"

namespace talkbeat {

/// Hears what comes on one connection to a server.
class PduSink {
 public:
  virtual Verdict on_pdu(Connection& connection, const PduHeader& header, std::span<const std::byte> body,
                         google::protobuf::Arena& arena) = 0;
  virtual void on_closed(Connection& connection, CloseReason reason) = 0;
  virtual void on_heartbeat_due(Connection& connection) = 0;
  /// All that was sent has gone to the kernel.
  virtual void on_drained(Connection& /*connection*/) {}

 protected:
  ~PduSink() = default;
};

/// For people: why a connection to a server has ended.
std::string words_for_lost(const Connection& connection, CloseReason reason);
/// The server has shown a certificate that is not to be trusted: what is wrong is ours to mend, or the operator's.
bool was_distrusted(const Connection& connection);

/// The connections of all clients on one event loop, one or ten thousand, under the same keepalive rule as the
/// servers'. Outlives the clients; lives as long as the loop turns. The loop's thread only.
///
///   ClientNetwork network(loop, rng);
///   Client client(network, options, listener);
class ClientNetwork final : private PduProtocol, private TurnHandler {
 public:
  ClientNetwork(EventLoop& loop, Rng& rng);

  EventLoop& loop() { return connections_.loop(); }
  Rng& rng() { return rng_; }

  /// From here on every connection is encrypted, and each server has to show a certificate for `name`. `ca`: the file
  /// of those whose certificates are trusted; empty: the system's. Fails where that file is none.
  Status use_tls(const std::string& ca, const std::string& name);
  bool uses_tls() const { return tls_.has_value(); }

  /// Takes over a connected socket; `sink` hears of it until it is closed or released.
  Connection& adopt(SocketHandle socket, const Address& peer, PduSink& sink, const LivenessPolicy& policy);
  Connection* find(ConnId id) const { return connections_.find(id); }
  /// From here on `sink` hears of it.
  void hand_over(Connection& connection, PduSink& sink);
  /// Closes it, and its sink hears nothing more. What was sent still goes out.
  void release(ConnId id, CloseReason reason);
  /// Open ones, and those that are still sending their last bytes.
  size_t size() const { return connections_.size(); }

  /// The time of this turn, our own stalls left out: what a server's answer is waited for by (OPERATIONS.md, rule 5).
  Tick own_time() { return loop().now() - stalled_; }

  /// The longest PDU that is taken from a server (PROTOCOL.md, "Framing").
  static constexpr size_t kMaxPdu = 2 << 20;

 private:
  const char* role() const override { return "to_server"; }
  Verdict on_pdu(Connection& connection, const PduHeader& header, std::span<const std::byte> body) override;
  void on_close(Connection& connection, CloseReason reason) override;
  void on_heartbeat_due(Connection& connection) override;
  void on_drained(Connection& connection) override;
  bool takes_go_away(const Connection&) const override { return false; }  // a server needs no telling
  void on_turn_end() override {}
  void on_stall(Tick stalled) override { stalled_ += stalled; }
  Liveness& liveness_for(const LivenessPolicy& policy);

  Rng& rng_;
  Tick stalled_ = 0;
  std::optional<TlsContext> tls_;
  std::string tls_name_;
  std::vector<std::unique_ptr<Liveness>> liveness_;  // one for each policy in use: they are few
  google::protobuf::Arena arena_;
  ConnectionTable connections_;
};

}  // namespace talkbeat
