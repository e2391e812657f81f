#pragma once

#include <memory>
#include <string>
#include <utility>

#include "tests/unit/connection_fixture.h"
#include "tests/unit/tls_fixture.h"

namespace talkbeat {

/// A client at the other end of a socket.
struct Caller {
  explicit Caller(Peer&& socket, int oldest = TLS1_2_VERSION, int newest = TLS1_3_VERSION)
      : peer(std::move(socket)), tls(oldest, newest) {}

  void exchange() {
    peer.send(tls.said());
    tls.take(peer.receive());
    peer.send(tls.said());
  }

  Peer peer;
  TlsClient tls;
};

/// Connections that speak TLS; the one that call() opens is server().
class TlsConnectionTest : public ConnectionTest {
 protected:
  static void SetUpTestSuite() { files_ = std::make_unique<TlsFiles>(); }
  static void TearDownTestSuite() { files_.reset(); }

  Connection& open_tls(Pair& pair) { return table.adopt(pair.ours, {"127.0.0.1", 1}, protocol, context_.accept()); }
  Caller call(int newest = TLS1_3_VERSION) {
    Pair pair = connect_pair();
    server_ = open_tls(pair).id();
    return Caller(std::move(pair.peer), TLS1_2_VERSION, newest);
  }
  bool connect(Caller& caller) {
    return turn_until([&] {
      caller.exchange();
      return caller.tls.open() && server().tls()->stage() == TlsChannel::Stage::kOpen;
    });
  }
  bool hears(Caller& caller, const std::string& text) {
    return turn_until([&] {
      caller.exchange();
      return caller.tls.received == text;
    });
  }
  Connection& server() { return *table.find(server_); }

  static inline std::unique_ptr<TlsFiles> files_;
  TlsContext context_ = std::move(TlsContext::server(files_->server()).value());
  ConnId server_{};
};

}  // namespace talkbeat
