#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "base/address_counts.h"
#include "base/connection_table.h"
#include "base/http_request.h"
#include "base/http_response.h"

namespace talkbeat {

/// What a request holds while its body comes, a place among the uploads say: given back by its destructor, when the
/// handler has the request or the connection has gone.
class HttpClaim {
 public:
  virtual ~HttpClaim() = default;
};

/// What is decided about a request when its headers are complete, before any of its body is read.
struct HttpVerdict {
  std::optional<HttpResponse> refusal = {};  ///< the answer instead of the handler's: 401, 404, 413, 503 …
  size_t max_body = 0;                       ///< more is answered 413
  bool long_body = false;                    ///< it has upload_timeout_ms to come, not request_timeout_ms
  std::unique_ptr<HttpClaim> claim = {};
};

/// The HTTP side of a process: discovery, health, metrics, admin, images. Connections of any number, requests one
/// after the other; each has `request_timeout` from accept to the end of its request. The loop's thread only.
///
/// A handler answers at once, or returns nullopt and answers later by the connection's id: answer() or stream(). Until
/// then nothing more is read from that connection, and its silence is not its fault. Nor is the next request taken
/// while much of the answers before waits to be sent: who asks and does not read costs one answer of memory, and has
/// `request_timeout` to take it. To one that has gone meanwhile, answers are dropped.
///
///   HttpPort http(connections, {.request_timeout_ms = 60'000}, [&](const HttpRequest& request, const Connection& c) {
///     store.find(request.path, [&http, id = c.id()](Row row) { http.answer(id, page_of(row)); });
///     return std::nullopt; });
///   Listener listener(loop, tcp, [&](SocketHandle socket, const Address& peer) { http.accept(socket, peer); });
class HttpPort final : public Protocol {
 public:
  struct Limits {
    Tick request_timeout_ms = 60'000;
    size_t max_connections = 1'000;
    size_t max_connections_per_address = SIZE_MAX;
    size_t max_body = 64 * 1024;       ///< where no judge says another
    Tick upload_timeout_ms = 600'000;  ///< from the headers to the end of a long body
  };
  /// nullopt: later. The request is the handler's to take apart.
  using Handler = std::function<std::optional<HttpResponse>(HttpRequest&& request, const Connection& connection)>;
  /// Judges a request by its head: method, path, query and headers.
  using Judge = std::function<HttpVerdict(const HttpRequest& head, const Connection& connection)>;
  /// Asks for a piece of a streamed body: the bytes from `offset` on, as many as are convenient, by chunk(), at once or
  /// later.
  using Pull = std::function<void(ConnId id, uint64_t offset)>;

  HttpPort(ConnectionTable& connections, const Limits& limits, Handler handler, Judge judge = nullptr);

  void accept(SocketHandle socket, const Address& peer, std::unique_ptr<TlsChannel> tls = nullptr);

  /// The answer that a handler has put off. Once for each request.
  void answer(ConnId id, const HttpResponse& response);
  /// The same with a body of `size` bytes, which `pull` is asked for piece by piece, each when the one before has left:
  /// a slow reader costs one piece of memory. It has request_timeout_ms for each piece. `head.body` is not looked at.
  void stream(ConnId id, const HttpResponse& head, uint64_t size, Pull pull);
  /// The piece that was asked for. Empty: it cannot be had, and the connection is closed, since its length was
  /// promised.
  void chunk(ConnId id, std::string_view bytes);

  const char* role() const override { return "http"; }
  void on_bytes(Connection& connection, std::span<const std::byte> bytes) override;
  void on_drained(Connection& connection) override;
  void on_close(Connection& connection, CloseReason reason) override;
  void on_heartbeat_due(Connection&) override {}

 private:
  struct Peer;
  // kReading: its requests are read. kHandling: inside of the handler. kWaiting: for answer(). kStreaming: for chunk()
  // or for what was sent to drain. kDraining: what waits to be sent is too much for a next answer. kFinishing: closes
  // as soon as the last answer has drained.
  enum class Stage : uint8_t { kReading, kHandling, kWaiting, kStreaming, kDraining, kFinishing };

  static Peer& peer_of(const Connection& connection);
  void consume(Connection& connection, std::span<const std::byte> bytes);
  void judge(Connection& connection);
  void handle(Connection& connection, HttpRequest request);
  void send(Connection& connection, const HttpResponse& response, bool keep_alive);
  void respond(Connection& connection, const HttpResponse& response);
  void answered(Connection& connection);
  void wait_until_drained(Connection& connection, Stage stage);
  void read_on(Connection& connection);
  void pull(Connection& connection);
  Connection* find_asker(ConnId id) const;

  ConnectionTable& connections_;
  Limits limits_;
  Handler handler_;
  Judge judge_;
  Liveness asking_;     // from accept to the handler, and idle between requests
  Liveness uploading_;  // while a long body comes
  Liveness fetching_;   // while a piece of an answer that must leave before we go on is on its way
  size_t open_ = 0;
  AddressCounts open_by_address_;
};

}  // namespace talkbeat
