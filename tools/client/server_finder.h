#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tools/client/client_network.h"
#include "tools/client/client_options.h"
#include "tools/client/dialer.h"

namespace talkbeat {

/// Asks the login_servers, one after the other, for a msg_server. Keeps to the one that answers, and moves on from one
/// that does not. Owned by its Client; the loop's thread only.
///
///   ServerFinder finder(network, options, [&](Result<std::vector<Address>> found) { … });
///   finder.start();
class ServerFinder final : private PduSink {
 public:
  /// The msg_server's addresses, the best first; or why there is none. May be called inside of start().
  using Done = std::function<void(Result<std::vector<Address>> found)>;

  ServerFinder(ClientNetwork& network, const ClientOptions& options, Done done);
  ~ServerFinder();

  void start();
  /// Forgets what is under way: the handler is not called.
  void stop();
  /// The last login_server that was asked has shown a certificate that is not to be trusted.
  bool distrusted() const { return distrusted_; }

 private:
  Verdict on_pdu(Connection& connection, const PduHeader& header, std::span<const std::byte> body,
                 google::protobuf::Arena& arena) override;
  void on_closed(Connection& connection, CloseReason reason) override;
  void on_heartbeat_due(Connection&) override {}

  void try_next();
  void on_dialed(Result<SocketHandle> socket);
  void give_up(const std::string& why);

  ClientNetwork& network_;
  const ClientOptions& options_;
  Done done_;
  Dialer dialer_;
  size_t index_;     // of the login_server that is asked
  size_t left_ = 0;  // so many may still be asked
  ConnId connection_ = ConnId::kNone;
  bool distrusted_ = false;
};

}  // namespace talkbeat
