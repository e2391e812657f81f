#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/status.h"
#include "base/tls_channel.h"

namespace talkbeat {

enum class TlsVersion : uint8_t { k12, k13 };

/// What one end of TLS connections goes by: a server's certificate and key, or whom a client trusts. Connections keep
/// what they began with. The loop's thread only.
///
///   Result<TlsContext> context = TlsContext::server({.certificate = "server.pem", .key = "server.key"});
///   connections.adopt(socket, peer, protocol, context.value().accept());
class TlsContext {
 public:
  struct Server {
    std::string certificate;  ///< PEM: the server's own, then those between it and the root
    std::string key;          ///< PEM, without a passphrase
    TlsVersion min_version = TlsVersion::k12;
    bool session_tickets = false;
  };
  struct Client {
    std::string ca;  ///< PEM: trusted instead of the system's
  };

  /// Fails, in words, where a file cannot be read, the two do not belong together, or the key is not to be relied
  /// upon (private_file.h).
  static Result<TlsContext> server(const Server& options);
  static Result<TlsContext> client(const Client& options);

  std::unique_ptr<TlsChannel> accept() const { return std::make_unique<TlsChannel>(reference()); }
  /// To a server that has to show a certificate for this host name or IP address.
  std::unique_ptr<TlsChannel> connect(const std::string& name) const {
    return std::make_unique<TlsChannel>(reference(), name);
  }

  /// Of the server's certificate, in Unix seconds.
  int64_t expires_at() const;

 private:
  explicit TlsContext(SslContextRef context) : context_(std::move(context)) {}
  SslContextRef reference() const;

  SslContextRef context_;
};

}  // namespace talkbeat
