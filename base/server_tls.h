#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/connection_table.h"
#include "base/metrics.h"
#include "base/options.h"
#include "base/private_file.h"
#include "base/tls_context.h"

namespace talkbeat {

/// Section [tls].
struct TlsSettings {
  TlsContext::Server files;
  HandshakeLimits handshakes;

  bool on() const { return !files.certificate.empty(); }
};

void describe(OptionTable& table, TlsSettings& settings);

/// The rule that those who wait for their handshake have their turn before `timeout_ms` (the setting `timeout_key`)
/// closes them, for the servers' tables.
std::optional<BrokenRule> broken_line(const TlsSettings& settings, const std::string& timeout_key, Tick timeout_ms);

/// Whether the certificate can be used, where one is configured: for main(), which ends with exit code 2 else.
Status check(const TlsSettings& settings);
/// The key, for secret_files().
SecretFile key_file(const TlsSettings& settings);

/// A server's TLS: its certificate, as it is now, for all its TLS ports. Owned by whoever has the ports; the settings
/// and the connections outlive it. The loop's thread only.
///
///   ServerTls tls(config.tls, connections);
///   Status status = tls.start();
///   if (tls.on()) listener.start(address);     // and for each socket: adopt(socket, peer, protocol, tls.accept())
class ServerTls {
 public:
  ServerTls(const TlsSettings& settings, ConnectionTable& connections)
      : settings_(settings), connections_(connections) {}

  /// Fails where the certificate cannot be used. Nothing to do where none is configured.
  Status start();
  /// Whether a certificate is in use.
  bool on() const { return context_.has_value(); }
  std::unique_ptr<TlsChannel> accept() const { return context_->accept(); }
  /// SIGHUP: reads the files again, which may be new under the same names. New connections get the new certificate;
  /// where it cannot be used, an error line says why, and the old one stays.
  void settings_changed();

  void add_metrics(Metrics& metrics) const;

 private:
  const TlsSettings& settings_;
  ConnectionTable& connections_;
  std::optional<TlsContext> context_;
};

}  // namespace talkbeat
