#pragma once

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/tls_context.h"

namespace talkbeat {

/// A certificate that signs itself, and its key, in a directory of their own. Each is another one.
class TlsFiles {
 public:
  explicit TlsFiles(const std::string& names = "DNS:localhost,IP:127.0.0.1") {
    std::string pattern = (std::filesystem::temp_directory_path() / "talkbeat_tls_XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=talkbeat"
        " -addext subjectAltName=" +
        names + " -keyout " + key() + " -out " + certificate() + " 2>" + pattern + "/said && chmod 600 " + key();
    EXPECT_EQ(std::system(command.c_str()), 0);
  }
  ~TlsFiles() { std::filesystem::remove_all(directory_); }
  TlsFiles(const TlsFiles&) = delete;
  TlsFiles& operator=(const TlsFiles&) = delete;

  std::string certificate() const { return (directory_ / "certificate.pem").string(); }
  std::string key() const { return (directory_ / "key.pem").string(); }
  TlsContext::Server server() const { return {.certificate = certificate(), .key = key()}; }

 private:
  std::filesystem::path directory_;
};

/// OpenSSL's own end on OpenSSL's own memory buffers: shares nothing with TlsChannel.
class TlsEnd {
 public:
  /// Bytes from the other end. What they make this one say is in said().
  void take(std::string_view bytes) {
    BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
    ERR_clear_error();
    if (!open()) note(SSL_do_handshake(ssl_.get()));
    std::array<char, 4096> block{};
    int got = 1;
    while (open() && got > 0) {
      got = SSL_read(ssl_.get(), block.data(), static_cast<int>(block.size()));
      if (got > 0) received.append(block.data(), static_cast<size_t>(got));
    }
    if (open()) note(got);
  }
  void say(std::string_view text) { EXPECT_GT(SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())), 0); }
  void say_goodbye() { SSL_shutdown(ssl_.get()); }
  /// Bytes for the other end; each once.
  std::string said() {
    std::string bytes(BIO_ctrl_pending(SSL_get_wbio(ssl_.get())), '\0');
    if (!bytes.empty()) BIO_read(SSL_get_wbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }
  bool open() const { return SSL_is_init_finished(ssl_.get()) == 1; }
  bool heard_goodbye() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
  std::string version() const { return SSL_get_version(ssl_.get()); }
  ssl_st* native() const { return ssl_.get(); }

  std::string received;
  std::string error;  ///< what OpenSSL says of the handshake or a record

 protected:
  explicit TlsEnd(const SSL_METHOD* method) : context_(SSL_CTX_new(method)) {}
  ~TlsEnd() = default;
  TlsEnd(TlsEnd&&) = default;
  TlsEnd& operator=(TlsEnd&&) = delete;

  ssl_ctx_st* context() { return context_.get(); }
  void begin() {
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  }

 private:
  void note(int result) {
    const int kind = SSL_get_error(ssl_.get(), result);
    if (result <= 0 && kind == SSL_ERROR_SSL) error = ERR_reason_error_string(ERR_peek_last_error());
  }

  SslContextRef context_;
  std::unique_ptr<ssl_st, SslDeleter> ssl_;
};

/// OpenSSL's own client, which checks no certificate.
class TlsClient : public TlsEnd {
 public:
  /// `groups`, `ciphers` (of TLS 1.2): what it offers, in OpenSSL's words; nullptr: as OpenSSL has it.
  explicit TlsClient(int oldest = TLS1_2_VERSION, int newest = TLS1_3_VERSION, const char* groups = nullptr,
                     const char* ciphers = nullptr)
      : TlsEnd(TLS_client_method()) {
    SSL_CTX_set_security_level(context(), 0);  // so that it can offer what is to be refused
    SSL_CTX_set_min_proto_version(context(), oldest);
    SSL_CTX_set_max_proto_version(context(), newest);
    EXPECT_TRUE(groups == nullptr || SSL_CTX_set1_groups_list(context(), groups) == 1);
    EXPECT_TRUE(ciphers == nullptr || SSL_CTX_set_cipher_list(context(), ciphers) == 1);
    begin();
    SSL_set_connect_state(native());
    take("");
  }

  /// Of the server's certificate: tells one from another.
  std::string serial() const {
    const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(native()), X509_free);
    if (shown == nullptr) return {};
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(
        ASN1_INTEGER_to_BN(X509_get0_serialNumber(shown.get()), nullptr), BN_free);
    char* text = BN_bn2hex(number.get());
    std::string serial = text;
    OPENSSL_free(text);
    return serial;
  }
};

/// OpenSSL's own server of TLS 1.3, whose tickets are so long that each takes several records.
class TlsTicketServer : public TlsEnd {
 public:
  explicit TlsTicketServer(const TlsFiles& files) : TlsEnd(TLS_server_method()) {
    EXPECT_EQ(SSL_CTX_use_certificate_chain_file(context(), files.certificate().c_str()), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey_file(context(), files.key().c_str(), SSL_FILETYPE_PEM), 1);
    SSL_CTX_set_min_proto_version(context(), TLS1_3_VERSION);
    SSL_CTX_set_num_tickets(context(), 0);  // until it is asked for one
    SSL_CTX_set_max_send_fragment(context(), kRecord);
    SSL_CTX_set_session_ticket_cb(context(), lengthen, ignore, nullptr);
    begin();
    SSL_set_accept_state(native());
  }

  /// The first record of a ticket, and the others.
  std::pair<std::string, std::string> ticket() {
    EXPECT_EQ(SSL_new_session_ticket(native()), 1);
    EXPECT_EQ(SSL_do_handshake(native()), 1);
    const std::string all = said();
    constexpr size_t kHeader = 5;
    EXPECT_GT(all.size(), 2 * kRecord);
    const auto byte = [&](size_t at) { return static_cast<size_t>(static_cast<uint8_t>(all.at(at))); };
    const size_t first = kHeader + (byte(3) << 8 | byte(4));
    return {all.substr(0, first), all.substr(first)};
  }

 private:
  static constexpr size_t kRecord = 512;  // OpenSSL knows no shorter ones

  static int lengthen(SSL* ssl, void* /*of*/) {
    const std::string padding(4 * kRecord, 'x');
    return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), padding.data(), padding.size());
  }
  static SSL_TICKET_RETURN ignore(SSL* /*ssl*/, SSL_SESSION* /*session*/, const unsigned char* /*name*/,
                                  size_t /*size*/, SSL_TICKET_STATUS /*status*/, void* /*of*/) {
    return SSL_TICKET_RETURN_IGNORE;
  }
};

}  // namespace talkbeat
