#include "base/http_port.h"

#include <utility>

#include "base/http_response.h"

namespace talkbeat {

namespace {

struct HttpPeer : Attachment {
  explicit HttpPeer(size_t max_body) : parser(max_body) {}
  HttpRequestParser parser;
};

}  // namespace

HttpPort::HttpPort(ConnectionTable& connections, const Limits& limits, Handler handler)
    : connections_(connections),
      limits_(limits),
      handler_(std::move(handler)),
      liveness_({.silence_timeout_ms = limits.request_timeout_ms,
                 .handshake_timeout_ms = limits.request_timeout_ms,
                 .pdu_timeout_ms = limits.request_timeout_ms,
                 .handshake_reason = CloseReason::kRequestTimeout}) {
  connections_.watch_liveness(liveness_);
}

void HttpPort::accept(SocketHandle socket, const Address& peer) {
  Connection& connection = connections_.adopt(socket, peer, *this);
  connection.set_attachment(std::make_unique<HttpPeer>(limits_.max_body));
  liveness_.join(connection, connection.now());
  if (++open_ > limits_.max_connections) {
    answer(connection, http_error(503), false, false);
    connection.close(CloseReason::kTooManyConnections);
  }
}

void HttpPort::on_bytes(Connection& connection, std::span<const std::byte> bytes) {
  HttpRequestParser& parser = connection.attachment<HttpPeer>().parser;
  bool completed = false;
  while (!connection.closing() && !bytes.empty()) {
    const HttpRequestParser::Fed fed = parser.feed(bytes);
    bytes = bytes.subspan(fed.consumed);
    switch (fed.progress) {
      case HttpRequestParser::Progress::kMore:
        break;
      case HttpRequestParser::Progress::kComplete:
        completed = true;
        handle(connection, parser.take());
        break;
      case HttpRequestParser::Progress::kError:
        answer(connection, http_error(parser.error_status()), false, false);
        connection.close(CloseReason::kProtocolError);
        break;
    }
  }
  if (connection.closing()) return;
  if (completed) liveness_.partial(connection, false, connection.now());
  liveness_.partial(connection, parser.in_request(), connection.now());
}

void HttpPort::handle(Connection& connection, const HttpRequest& request) {
  liveness_.handshake_done(connection, connection.now());
  if (request.upgrade) {  // what follows would not be HTTP
    answer(connection, http_error(400), false, false);
    connection.close(CloseReason::kProtocolError);
    return;
  }
  answer(connection, handler_(request, connection), request.keep_alive, request.method == "HEAD");
  if (!request.keep_alive) connection.close(CloseReason::kAnswered);
}

void HttpPort::answer(Connection& connection, const HttpResponse& response, bool keep_alive, bool head_only) {
  const std::string text = encode_http_response(response, keep_alive, head_only);
  connection.send(std::as_bytes(std::span(text)));
}

void HttpPort::on_close(Connection& /*connection*/, CloseReason /*reason*/) {
  --open_;
}

}  // namespace talkbeat
