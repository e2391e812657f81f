#pragma once

#include <functional>
#include <string>

#include "base/address_counts.h"
#include "base/listener.h"
#include "base/pdu_protocol.h"
#include "base/server_tls.h"
#include "msg_server/parts.h"

namespace talkbeat {

/// The ports that clients connect to, with and without TLS: admits connections up to the limits, lets each command
/// through in its phase only, and closes those that the keepalive rule finds dead. The loop's thread only.
class ClientPort final : private PduProtocol {
 public:
  explicit ClientPort(MsgServerParts& parts);

  Status start();
  void stop_accepting();
  /// Counts at once for all connections.
  void settings_changed();
  /// The address that was bound, with the port that was chosen where the setting says 0.
  Address address() const { return listener_.address(); }
  const ServerTls& tls() const { return tls_; }
  size_t connections() const { return open_; }
  /// Calls `visit` for each open connection; it may close them.
  void for_each(const std::function<void(Connection&)>& visit);

 private:
  const char* role() const override { return "client"; }
  Verdict on_pdu(Connection& connection, const PduHeader& header, std::span<const std::byte> body) override;
  void on_close(Connection& connection, CloseReason reason) override;
  void on_drained(Connection& connection) override;
  void on_heartbeat_due(Connection& connection) override;
  void on_time_to_leave(Connection& connection, CloseReason reason) override;

  void accept(SocketHandle socket, const Address& peer, std::unique_ptr<TlsChannel> tls);
  bool admit(const Address& peer) const;
  static Denials denials(const ClientSession& session, const PduHeader& header);

  MsgServerParts& parts_;
  ServerTls tls_;
  Listener listener_;
  Listener tls_listener_;
  size_t open_ = 0;
  AddressCounts open_by_address_;
};

}  // namespace talkbeat
