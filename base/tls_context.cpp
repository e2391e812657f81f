#include "base/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "base/check.h"
#include "base/private_file.h"

namespace talkbeat {

namespace {

constexpr uint64_t kOptions = SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                              SSL_OP_PRIORITIZE_CHACHA;  // which phones without AES instructions put first

// What costs a server little. Finite-field groups, which OpenSSL would take as well, cost many times as much, and
// handshakes are for whoever asks.
constexpr const char* kGroups = "X25519:P-256:P-384";
// TLS 1.2: keys that are forgotten with the connection, and no padding that could tell anything.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr size_t kMaxKeyFile = 64 << 10;

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

// The certificate is there already.
Status take_key(SSL_CTX* context, const TlsContext::Server& options) {
  Result<std::string> text = read_secret_file(options.key, kMaxKeyFile, "TLS key");
  if (!text.ok()) return Error{text.message()};
  if (text.value().size() > kMaxKeyFile) return Error{options.key + " is longer than any TLS key"};
  ERR_clear_error();
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(
      BIO_new_mem_buf(text.value().data(), static_cast<int>(text.value().size())), BIO_free);
  CHECK(memory != nullptr);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(memory.get(), nullptr, no_passphrase, nullptr), EVP_PKEY_free);
  OPENSSL_cleanse(text.value().data(), text.value().size());
  if (key == nullptr || SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return Error{"the TLS key " + options.key + " does not serve for " + options.certificate + ": " + reason()};
  }
  return {};
}

Status take_files(SSL_CTX* context, const TlsContext::Server& options) {
  if (options.key.empty()) return Error{"tls.certificate is set, and tls.key is not"};
  if (Status status = check_readable(options.certificate, "TLS certificate"); !status.ok()) return status;
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate.c_str()) != 1) {
    return Error{"the TLS certificate " + options.certificate + " is none: " + reason()};
  }
  return take_key(context, options);
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
