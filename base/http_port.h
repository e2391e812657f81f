#pragma once

#include <functional>

#include "base/connection_table.h"
#include "base/http_request.h"
#include "base/http_response.h"

namespace talkbeat {

/// The HTTP side of a process: discovery, health, metrics, admin. Connections of any number, requests one after the
/// other; each has `request_timeout` from accept to the end of its request. The loop's thread only.
///
///   HttpPort http(connections, {.request_timeout_ms = 60'000}, [](const HttpRequest& request, const Address& peer) {
///     return HttpResponse{200, "text/plain", "ok\n"}; });
///   Listener listener(loop, tcp, [&](SocketHandle socket, const Address& peer) { http.accept(socket, peer); });
class HttpPort final : public Protocol {
 public:
  struct Limits {
    Tick request_timeout_ms = 60'000;
    size_t max_connections = 1'000;
    size_t max_body = 64 * 1024;
  };
  using Handler = std::function<HttpResponse(const HttpRequest& request, const Connection& connection)>;

  HttpPort(ConnectionTable& connections, const Limits& limits, Handler handler);

  void accept(SocketHandle socket, const Address& peer);

  const char* role() const override { return "http"; }
  void on_bytes(Connection& connection, std::span<const std::byte> bytes) override;
  void on_close(Connection& connection, CloseReason reason) override;
  void on_heartbeat_due(Connection&) override {}

 private:
  void handle(Connection& connection, const HttpRequest& request);
  void answer(Connection& connection, const HttpResponse& response, bool keep_alive, bool head_only);

  ConnectionTable& connections_;
  Limits limits_;
  Handler handler_;
  Liveness liveness_;
  size_t open_ = 0;
};

}  // namespace talkbeat
