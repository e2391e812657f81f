#include "base/http_port.h"

#include <utility>
#include <vector>

#include "base/check.h"

namespace talkbeat {

namespace {

// With more than this waiting to be sent, no further request is answered.
constexpr size_t kMostUnsent = 64 << 10;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// A stage that has one deadline, from when the connection joins.
LivenessPolicy deadline(Tick timeout_ms, CloseReason reason, Tick silence_ms = 0) {
  return {.silence_timeout_ms = silence_ms, .handshake_timeout_ms = timeout_ms, .handshake_reason = reason};
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

struct HttpPort::Peer : Attachment {
  explicit Peer(size_t max_body) : parser(max_body) {}

  struct Body {
    Pull pull;
    uint64_t size;
    uint64_t offset = 0;
    bool pulled = false;  // asked for, and not there yet
  };

  HttpRequestParser parser;
  Stage stage = Stage::kReading;
  // Of the request that was read last:
  bool keep_alive = false;
  bool head_only = false;
  std::optional<HttpResponse> refusal;
  std::unique_ptr<HttpClaim> claim;
  std::unique_ptr<Body> body;
  std::vector<std::byte> ahead;  // what came behind it, at most one read
};

HttpPort::HttpPort(ConnectionTable& connections, const Limits& limits, Handler handler, Judge judge)
    : connections_(connections),
      limits_(limits),
      handler_(std::move(handler)),
      judge_(std::move(judge)),
      asking_({.silence_timeout_ms = limits.request_timeout_ms,
               .handshake_timeout_ms = limits.request_timeout_ms,
               .pdu_timeout_ms = limits.request_timeout_ms,
               .handshake_reason = CloseReason::kRequestTimeout}),
      uploading_(deadline(limits.upload_timeout_ms, CloseReason::kRequestTimeout, limits.request_timeout_ms)),
      fetching_(deadline(limits.request_timeout_ms, CloseReason::kSlowConsumer)) {
  for (Liveness* liveness : {&asking_, &uploading_, &fetching_}) connections_.watch_liveness(*liveness);
}

HttpPort::Peer& HttpPort::peer_of(const Connection& connection) {
  return connection.attachment<Peer>();
}

void HttpPort::accept(SocketHandle socket, const Address& peer, std::unique_ptr<TlsChannel> tls) {
  Connection& connection = connections_.adopt(socket, peer, *this, std::move(tls));
  connection.set_attachment(std::make_unique<Peer>(limits_.max_body));
  asking_.join(connection, connection.now());
  const size_t of_address = open_by_address_.add(peer.ip);
  if (++open_ > limits_.max_connections || of_address > limits_.max_connections_per_address) {
    send(connection, http_error(503), false);
    connection.close(CloseReason::kTooManyConnections);
  }
}

void HttpPort::on_bytes(Connection& connection, std::span<const std::byte> bytes) {
  CHECK(peer_of(connection).stage == Stage::kReading);  // in any other, reading is paused
  consume(connection, bytes);
}

// Until the bytes are used up, or a request has to be answered first: then the rest waits.
void HttpPort::consume(Connection& connection, std::span<const std::byte> bytes) {
  Peer& peer = peer_of(connection);
  while (!connection.closing() && peer.stage == Stage::kReading && !bytes.empty()) {
    const HttpRequestParser::Fed fed = peer.parser.feed(bytes);
    bytes = bytes.subspan(fed.consumed);
    switch (fed.progress) {
      case HttpRequestParser::Progress::kMore:
        break;
      case HttpRequestParser::Progress::kHead:
        judge(connection);
        break;
      case HttpRequestParser::Progress::kComplete:
        handle(connection, peer.parser.take());
        break;
      case HttpRequestParser::Progress::kError:
        send(connection, http_error(peer.parser.error_status()), false);
        connection.close(CloseReason::kProtocolError);
        break;
    }
  }
  if (connection.closing()) return;
  if (peer.stage == Stage::kReading) {
    connection.liveness()->partial(connection, peer.parser.in_request(), connection.now());
  } else {
    peer.ahead.assign(bytes.begin(), bytes.end());
  }
}

void HttpPort::judge(Connection& connection) {
  Peer& peer = peer_of(connection);
  HttpVerdict verdict{.max_body = limits_.max_body};
  if (judge_) verdict = judge_(peer.parser.head(), connection);
  peer.refusal = std::move(verdict.refusal);
  if (peer.refusal && peer.parser.has_body()) {
    peer.head_only = peer.parser.head().method == "HEAD";
    send(connection, *peer.refusal, false);
    connection.close(CloseReason::kAnswered);
    return;
  }
  if (!peer.parser.allow_body(verdict.max_body) || !peer.parser.has_body()) return;
  peer.claim = std::move(verdict.claim);
  if (peer.parser.expects_continue()) connection.send(bytes_of(kContinue));
  if (verdict.long_body && !connection.closing()) uploading_.join(connection, connection.now());
}

void HttpPort::handle(Connection& connection, HttpRequest request) {
  Peer& peer = peer_of(connection);
  if (connection.liveness() != &asking_) asking_.join(connection, connection.now());
  asking_.handshake_done(connection, connection.now());
  asking_.partial(connection, false, connection.now());
  peer.keep_alive = request.keep_alive;
  peer.head_only = request.method == "HEAD";
  if (request.upgrade) {  // what follows would not be HTTP
    send(connection, http_error(400), false);
    connection.close(CloseReason::kProtocolError);
    return;
  }
  peer.stage = Stage::kHandling;
  std::optional<HttpResponse> response = std::exchange(peer.refusal, std::nullopt);
  if (!response) response = handler_(std::move(request), connection);
  peer.claim.reset();
  if (connection.closing()) return;
  if (response) {
    respond(connection, *response);
  } else if (peer.stage == Stage::kHandling) {
    peer.stage = Stage::kWaiting;
    connection.pause_reading(true);
  }
}

void HttpPort::send(Connection& connection, const HttpResponse& response, bool keep_alive) {
  connection.send(bytes_of(encode_http_response(response, keep_alive, peer_of(connection).head_only)));
}

void HttpPort::respond(Connection& connection, const HttpResponse& response) {
  CHECK(peer_of(connection).stage == Stage::kHandling || peer_of(connection).stage == Stage::kWaiting);
  send(connection, response, peer_of(connection).keep_alive);
  answered(connection);
}

// The answer is complete, if not on its way yet: goes on with the next request, or closes behind the last.
void HttpPort::answered(Connection& connection) {
  Peer& peer = peer_of(connection);
  if (connection.closing()) return;
  // Not closed at once: what a closed connection has left to send is given up after a moment.
  if (!peer.keep_alive) return wait_until_drained(connection, Stage::kFinishing);
  if (connection.waiting_to_send() > kMostUnsent) return wait_until_drained(connection, Stage::kDraining);
  if (peer.stage == Stage::kHandling) {
    peer.stage = Stage::kReading;  // consume() goes on by itself
  } else {
    read_on(connection);
  }
}

void HttpPort::wait_until_drained(Connection& connection, Stage stage) {
  peer_of(connection).stage = stage;
  connection.pause_reading(true);
  fetching_.join(connection, connection.now());
}

void HttpPort::read_on(Connection& connection) {
  Peer& peer = peer_of(connection);
  peer.stage = Stage::kReading;
  connection.pause_reading(false);
  asking_.join(connection, connection.now());
  asking_.handshake_done(connection, connection.now());
  const std::vector<std::byte> ahead = std::exchange(peer.ahead, {});
  consume(connection, ahead);
}

Connection* HttpPort::find_asker(ConnId id) const {
  Connection* connection = connections_.find(id);
  CHECK(connection == nullptr || &connection->protocol() == this);
  return connection;
}

void HttpPort::answer(ConnId id, const HttpResponse& response) {
  if (Connection* connection = find_asker(id)) respond(*connection, response);
}

void HttpPort::stream(ConnId id, const HttpResponse& head, uint64_t size, Pull pull_more) {
  Connection* connection = find_asker(id);
  if (connection == nullptr) return;
  Peer& peer = peer_of(*connection);
  CHECK(peer.stage == Stage::kHandling || peer.stage == Stage::kWaiting);
  connection->send(bytes_of(encode_http_head(head, size, peer.keep_alive)));
  if (connection->closing()) return;
  if (peer.head_only || size == 0) return answered(*connection);
  peer.body = std::make_unique<Peer::Body>(Peer::Body{.pull = std::move(pull_more), .size = size});
  peer.stage = Stage::kStreaming;
  connection->pause_reading(true);
  pull(*connection);
}

// While we look for the piece, the reader has no deadline.
void HttpPort::pull(Connection& connection) {
  Peer::Body& body = *peer_of(connection).body;
  if (connection.liveness() != nullptr) connection.liveness()->leave(connection);
  body.pulled = true;
  const Pull asked = body.pull;  // the last piece may come inside of it, and ends the body
  asked(connection.id(), body.offset);
}

void HttpPort::chunk(ConnId id, std::string_view bytes) {
  Connection* connection = find_asker(id);
  if (connection == nullptr) return;
  Peer& peer = peer_of(*connection);
  CHECK(peer.stage == Stage::kStreaming);
  const bool was_pulled = std::exchange(peer.body->pulled, false);
  CHECK(was_pulled);
  if (bytes.empty()) return connection->close(CloseReason::kIoError);
  CHECK(bytes.size() <= peer.body->size - peer.body->offset);
  connection->send(bytes_of(bytes));
  if (connection->closing()) return;
  peer.body->offset += bytes.size();
  if (peer.body->offset == peer.body->size) {
    peer.body.reset();
    answered(*connection);
  } else {
    fetching_.join(*connection, connection->now());
  }
}

void HttpPort::on_drained(Connection& connection) {
  Peer& peer = peer_of(connection);
  if (peer.stage == Stage::kFinishing) {
    connection.close(CloseReason::kAnswered);
  } else if (peer.stage == Stage::kDraining) {
    read_on(connection);
  } else if (peer.stage == Stage::kStreaming && !peer.body->pulled) {
    pull(connection);
  }
}

// The object stays until its last bytes are sent; what the request held is given back at once.
void HttpPort::on_close(Connection& connection, CloseReason /*reason*/) {
  Peer& peer = peer_of(connection);
  --open_;
  open_by_address_.remove(connection.peer().ip);
  peer.parser = HttpRequestParser(0);
  peer.claim.reset();
  peer.body.reset();
  peer.ahead = std::vector<std::byte>();  // {} would keep the memory
}

}  // namespace talkbeat
