#include "base/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "base/check.h"

namespace talkbeat {

namespace {

constexpr uint64_t kOptions = SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                              SSL_OP_PRIORITIZE_CHACHA;  // which phones without AES instructions put first

// What costs a server little. Finite-field groups, which OpenSSL would take as well, cost many times as much, and
// handshakes are for whoever asks.
constexpr const char* kGroups = "X25519:P-256:P-384";
// TLS 1.2: keys that are forgotten with the connection, and no padding that could tell anything.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

std::string reason() {
  const char* words = ERR_reason_error_string(ERR_peek_last_error());
  return words != nullptr ? words : "OpenSSL gives no reason";
}

// OpenSSL's own words for a file that is not there help nobody.
Status check_readable(const std::string& path, const std::string& what) {
  struct stat info {};
  FILE* file = std::fopen(path.c_str(), "re");
  if (file == nullptr) return Error{"cannot read the " + what + " " + path + ": " + std::strerror(errno)};
  std::fclose(file);
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return Error{path + " is no file"};
  return {};
}

Status check_private(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return Error{"cannot read the TLS key " + path + ": " + std::strerror(errno)};
  if ((info.st_mode & S_IRWXO) == 0) return {};
  return Error{"everybody on this machine may read the TLS key " + path + ": chmod 600 it"};
}

SslContextRef new_context(const SSL_METHOD* method) {
  SslContextRef context(SSL_CTX_new(method));
  CHECK(context != nullptr);
  SSL_CTX_set_options(context.get(), kOptions);
  // A connection that waits has no buffers of its own.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  return context;
}

// A key with a passphrase would make OpenSSL ask the terminal.
int no_passphrase(char* /*into*/, int /*size*/, int /*writing*/, void* /*user*/) {
  return 0;
}

Status take_files(SSL_CTX* context, const TlsContext::Server& options) {
  if (options.key.empty()) return Error{"tls.certificate is set, and tls.key is not"};
  Status status = check_readable(options.certificate, "TLS certificate");
  if (status.ok()) status = check_readable(options.key, "TLS key");
  if (status.ok()) status = check_private(options.key);
  if (!status.ok()) return status;
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate.c_str()) != 1) {
    return Error{"the TLS certificate " + options.certificate + " is none: " + reason()};
  }
  if (SSL_CTX_use_PrivateKey_file(context, options.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return Error{"the TLS key " + options.key + " does not serve for " + options.certificate + ": " + reason()};
  }
  return {};
}

}  // namespace

Result<TlsContext> TlsContext::server(const Server& options) {
  SslContextRef context = new_context(TLS_server_method());
  const int oldest = options.min_version == TlsVersion::k13 ? TLS1_3_VERSION : TLS1_2_VERSION;
  CHECK(SSL_CTX_set_min_proto_version(context.get(), oldest) == 1);
  CHECK(SSL_CTX_set1_groups_list(context.get(), kGroups) == 1);
  CHECK(SSL_CTX_set_cipher_list(context.get(), kCiphers) == 1);
  if (!options.session_tickets) {
    SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET);
    CHECK(SSL_CTX_set_num_tickets(context.get(), 0) == 1);
  }
  if (const Status status = take_files(context.get(), options); !status.ok()) return Error{status.message()};
  return TlsContext(std::move(context));
}

Result<TlsContext> TlsContext::client(const Client& options) {
  SslContextRef context = new_context(TLS_client_method());
  CHECK(SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) == 1);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (options.ca.empty()) {
    (void)SSL_CTX_set_default_verify_paths(context.get());  // none there: no server is trusted
    return TlsContext(std::move(context));
  }
  const Status status = check_readable(options.ca, "file of trusted certificates");
  if (!status.ok()) return Error{status.message()};
  ERR_clear_error();
  if (SSL_CTX_load_verify_file(context.get(), options.ca.c_str()) != 1) {
    return Error{options.ca + " holds no certificates: " + reason()};
  }
  return TlsContext(std::move(context));
}

SslContextRef TlsContext::reference() const {
  CHECK(SSL_CTX_up_ref(context_.get()) == 1);
  return SslContextRef(context_.get());
}

int64_t TlsContext::expires_at() const {
  const X509* certificate = SSL_CTX_get0_certificate(context_.get());
  std::tm end{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) return 0;
  return ::timegm(&end);
}

}  // namespace talkbeat
