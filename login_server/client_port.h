#pragma once

#include "base/address_counts.h"
#include "base/pdu_protocol.h"
#include "login_server/discovery.h"

namespace talkbeat::login {

/// Port 8008: a client sends IMMsgServReq, gets IMMsgServRsp, and the connection closes. It has `request_timeout` in
/// all, whatever it sends. Owned by the LoginServer; the loop's thread only.
///
///   ClientPort clients(connections, discovery, config.client);
///   Listener listener(loop, tcp, [&](SocketHandle socket, const Address& peer) { clients.accept(socket, peer); });
class ClientPort final : public PduProtocol {
 public:
  ClientPort(ConnectionTable& connections, Discovery& discovery, const ClientPortSettings& settings);

  void accept(SocketHandle socket, const Address& peer, std::unique_ptr<TlsChannel> tls = nullptr);
  void answer(Connection& connection, uint16_t seq_num);

  const char* role() const override { return "client"; }
  void on_close(Connection& connection, CloseReason reason) override;
  void on_heartbeat_due(Connection& /*connection*/) override {}

 private:
  Verdict on_pdu(Connection& connection, const PduHeader& header, std::span<const std::byte> body) override;

  ConnectionTable& connections_;
  Discovery& discovery_;
  const ClientPortSettings& settings_;
  Liveness liveness_;
  size_t open_ = 0;
  AddressCounts open_by_address_;
};

}  // namespace talkbeat::login
