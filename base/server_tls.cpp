#include "base/server_tls.h"

#include <utility>

#include "base/log.h"

namespace talkbeat {

namespace {

void describe_handshakes(OptionTable& table, HandshakeLimits& limits) {
  table
      .integer("handshakes_per_turn", limits.per_turn, {1, 1'000}, "handshakes",
               "Begun in one turn of the event loop; those who have a connection wait no longer than for these. One "
               "costs about half a millisecond of a processor, with an RSA key a millisecond.")
      .reloadable();
  table
      .integer("handshake_rate", limits.rate, {1, 100'000}, "handshakes a second",
               "For long; the rest wait in line, and are closed at the handshake timeout. So strangers who ask for "
               "handshakes take no more than a part of the processor.")
      .reloadable();
  table
      .integer(
          "max_waiting", limits.waiting, {1, 1'000'000}, "connections",
          "That wait in this line; one more is closed (too_many_connections). One address may have a tenth of them, "
          "or 16. Another number than the default may be no more than have their turn before the timeout of those who "
          "have not logged in.")
      .reloadable();
}

}  // namespace

void describe(OptionTable& table, TlsSettings& settings) {
  TlsContext::Server& files = settings.files;
  table.section("tls",
                "TLS 1.2 and 1.3 on the TLS ports, which are open where a certificate is set. Ciphers are ECDHE with "
                "AES-GCM or ChaCha20, as far as OpenSSL's security level of this machine allows them.");
  table
      .text("certificate", files.certificate,
            "PEM file: this server's certificate, then those between it and its root. Clients expect the name by "
            "which they know the cluster. A renewed file counts from SIGHUP on. Empty: no TLS.")
      .reloadable();
  table.text("key", files.key, "PEM file: the certificate's private key, without a passphrase (chmod 600). The same.")
      .reloadable();
  table.choice("min_version", files.min_version, {"1.2", "1.3"}, "Older clients are refused.").reloadable();
  table
      .boolean("session_tickets", files.session_tickets,
               "true: who comes back may skip the signature. Off, since one lost secret of the process, kept from "
               "SIGHUP to SIGHUP, would open what was recorded of TLS 1.2 sessions.")
      .reloadable();
  describe_handshakes(table, settings.handshakes);
  table.check([&files]() -> std::optional<BrokenRule> {
    if (files.certificate.empty() == files.key.empty()) return std::nullopt;
    return BrokenRule{files.key.empty() ? "tls.key" : "tls.certificate",
                      "tls.certificate and tls.key are set together or not at all"};
  });
}

std::optional<BrokenRule> broken_line(const TlsSettings& settings, const std::string& timeout_key, Tick timeout_ms) {
  const auto in_time = static_cast<size_t>(settings.handshakes.rate * timeout_ms / 1'000);
  // A default is nobody's mistake: with shorter timeouts, those behind are closed when theirs has come.
  const bool chosen = settings.handshakes.waiting != HandshakeLimits().waiting;
  if (!settings.on() || !chosen || settings.handshakes.waiting <= in_time) return std::nullopt;
  return BrokenRule{"tls.max_waiting", "must not be larger than tls.handshake_rate times " + timeout_key + " (" +
                                           std::to_string(in_time) +
                                           "): those behind are closed before it is their turn"};
}

Status check(const TlsSettings& settings) {
  if (!settings.on()) return {};
  const Result<TlsContext> context = TlsContext::server(settings.files);
  return context.ok() ? Status() : Error{context.message()};
}

SecretFile key_file(const TlsSettings& settings) {
  return {"tls.key", settings.files.key, "TLS key", "tools/start.sh --tls makes one"};
}

Status ServerTls::start() {
  connections_.set_handshake_limits(settings_.handshakes);
  if (!settings_.on()) return {};
  Result<TlsContext> context = TlsContext::server(settings_.files);
  if (!context.ok()) return Error{context.message()};
  context_ = std::move(context.value());
  log_info("tls_certificate", {{"file", settings_.files.certificate}, {"expires_at", context_->expires_at()}});
  const bool expired = context_->expires_at() < connections_.loop().unix_seconds();
  if (expired) log_error("tls_certificate_expired", {{"file", settings_.files.certificate}});
  return {};
}

// Whether there is TLS at all is settled at the start: a port that opens or closes by itself would surprise.
void ServerTls::settings_changed() {
  connections_.set_handshake_limits(settings_.handshakes);
  if (settings_.on() != on()) {
    log_warn("setting_needs_restart", {{"key", "tls.certificate"}, {"wanted", settings_.files.certificate}});
    return;
  }
  if (!on()) return;
  if (const Status status = start(); !status.ok()) {
    log_error("tls_not_reloaded", {{"why", status.message()}, {"now", "the certificate in use stays"}});
  }
}

void ServerTls::add_metrics(Metrics& metrics) const {
  Gauge begun = metrics.gauge("talkbeat_tls_handshakes", "TLS handshakes begun since the start.");
  Gauge waiting = metrics.gauge("talkbeat_tls_handshakes_waiting", "Connections that wait for their TLS handshake.");
  Gauge expiry =
      metrics.gauge("talkbeat_tls_certificate_expires_seconds", "When the certificate expires, in Unix time; 0: none.");
  metrics.before_render([=, this]() mutable {
    begun.set(static_cast<double>(connections_.handshakes().begun()));
    waiting.set(static_cast<double>(connections_.handshakes().waiting()));
    expiry.set(on() ? static_cast<double>(context_->expires_at()) : 0);
  });
}

}  // namespace talkbeat
