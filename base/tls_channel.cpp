#include "base/tls_channel.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/address.h"
#include "base/check.h"

namespace talkbeat {

/// What OpenSSL takes for its socket: reads what open() was given, and appends to what is to be sent.
struct ChannelBio {
  static TlsChannel& channel_of(BIO* bio) { return *static_cast<TlsChannel*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* into, int size) {
    BIO_clear_retry_flags(bio);
    std::span<const std::byte>& input = channel_of(bio).input_;
    if (input.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const size_t count = std::min(input.size(), static_cast<size_t>(std::max(size, 0)));
    std::memcpy(into, input.data(), count);
    input = input.subspan(count);
    return static_cast<int>(count);
  }

  static int write(BIO* bio, const char* from, int size) {
    BIO_clear_retry_flags(bio);
    std::vector<std::byte>& sealed = channel_of(bio).sealed_;
    const auto bytes = std::as_bytes(std::span(from, static_cast<size_t>(std::max(size, 0))));
    sealed.insert(sealed.end(), bytes.begin(), bytes.end());
    return size;
  }

  // Each KeyUpdate costs new keys, and an answer. Without its input OpenSSL reads no further.
  static void look_at_message(int writing, int /*version*/, int type, const void* bytes, size_t size, SSL* /*ssl*/,
                              void* of) {
    if (writing != 0 || type != SSL3_RT_HANDSHAKE || size == 0) return;
    if (*static_cast<const unsigned char*>(bytes) != SSL3_MT_KEY_UPDATE) return;
    TlsChannel& channel = *static_cast<TlsChannel*>(of);
    if (++channel.key_updates_ <= kFreeKeyUpdates + channel.received_ / kBytesPerKeyUpdate) return;
    channel.input_ = {};
    channel.fail("too many KeyUpdates");
  }

  static constexpr uint64_t kFreeKeyUpdates = 32;
  static constexpr uint64_t kBytesPerKeyUpdate = 1 << 20;

  static long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static int create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }

  static BIO* make(TlsChannel& channel) {
    static BIO_METHOD* const method = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "TlsChannel");
      CHECK(made != nullptr);
      BIO_meth_set_read(made, read);
      BIO_meth_set_write(made, write);
      BIO_meth_set_ctrl(made, control);
      BIO_meth_set_create(made, create);
      return made;
    }();
    BIO* bio = BIO_new(method);
    CHECK(bio != nullptr);
    BIO_set_data(bio, &channel);
    return bio;
  }
};

namespace {

// The ClientHello, and the headers of the records that it comes in.
constexpr size_t kMaxBeforeAnswer = ClientHelloScan::kMaxHello + (1 << 10);

// close_notify before there are keys: an alert of two bytes, in a record of TLS 1.2, as 1.3 has them, too.
constexpr std::array kGoodbyeInClear{std::byte{21}, std::byte{3}, std::byte{3}, std::byte{0},
                                     std::byte{2},  std::byte{1}, std::byte{0}};

std::string words_of_openssl() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "OpenSSL error " + std::to_string(code);
}

}  // namespace

void SslDeleter::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

void SslContextDeleter::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

TlsChannel::TlsChannel(SslContextRef context) : context_(std::move(context)), stage_(Stage::kHello), server_(true) {}

TlsChannel::TlsChannel(SslContextRef context, const std::string& name)
    : context_(std::move(context)), stage_(Stage::kHandshake), server_(false) {
  begin();
  if (const auto ip = normal_ip(name)) {
    CHECK(X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), ip->c_str()) == 1);
  } else {
    SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    CHECK(SSL_set1_host(ssl_.get(), name.c_str()) == 1);
    CHECK(SSL_set_tlsext_host_name(ssl_.get(), name.c_str()) == 1);
  }
  shake_hands();
}

TlsChannel::~TlsChannel() = default;

void TlsChannel::begin() {
  ssl_.reset(SSL_new(context_.get()));
  CHECK(ssl_ != nullptr);
  context_.reset();
  BIO* bio = ChannelBio::make(*this);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_msg_callback(ssl_.get(), ChannelBio::look_at_message);
  SSL_set_msg_callback_arg(ssl_.get(), this);
  if (server_) {
    SSL_set_accept_state(ssl_.get());
  } else {
    SSL_set_connect_state(ssl_.get());
  }
}

std::span<const std::byte> TlsChannel::open(std::span<const std::byte> bytes, std::span<std::byte> into) {
  CHECK(into.size() >= bytes.size() + kMaxRecord);
  if (is_before_handshake()) {
    gather_hello(bytes);
    return {};
  }
  if (stage_ == Stage::kHandshake && server_ && scan_.look(bytes) == ClientHelloScan::Found::kBad) fail(scan_.fault());
  if (stage_ == Stage::kFailed) return {};
  input_ = bytes;
  received_ += bytes.size();
  if (stage_ == Stage::kHandshake) shake_hands();
  std::span<const std::byte> plain;
  if (stage_ == Stage::kOpen) plain = read_plain(into);
  input_ = {};
  return plain;
}

// A client that has something to say behind its ClientHello waits for our answer first.
void TlsChannel::gather_hello(std::span<const std::byte> bytes) {
  const ClientHelloScan::Found found = scan_.look(bytes);
  if (found == ClientHelloScan::Found::kBad) return fail(scan_.fault());
  if (hello_.size() + bytes.size() > kMaxBeforeAnswer) return fail("too much before the answer");
  hello_.reserve(hello_.size() + bytes.size());  // exactly: many may wait so
  hello_.insert(hello_.end(), bytes.begin(), bytes.end());
  if (found == ClientHelloScan::Found::kComplete) stage_ = Stage::kReady;
}

void TlsChannel::go_on() {
  CHECK(stage_ == Stage::kReady);
  stage_ = Stage::kHandshake;
  begin();
  const std::vector<std::byte> hello = std::exchange(hello_, {});
  input_ = hello;
  shake_hands();
  input_ = {};
}

void TlsChannel::shake_hands() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    stage_ = Stage::kOpen;
  } else {
    act_on_error(result);
  }
}

std::span<const std::byte> TlsChannel::read_plain(std::span<std::byte> into) {
  size_t size = 0;
  while (stage_ == Stage::kOpen && !heard_goodbye_) {
    size_t got = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), into.data() + size, into.size() - size, &got);
    if (result != 1) {
      act_on_error(result);
      break;
    }
    size += got;
  }
  return into.first(size);
}

void TlsChannel::act_on_error(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ) return;
  if (error == SSL_ERROR_ZERO_RETURN) {
    heard_goodbye_ = true;
    return;
  }
  const long verdict = server_ ? X509_V_OK : SSL_get_verify_result(ssl_.get());
  distrusts_peer_ = verdict != X509_V_OK;
  fail(distrusts_peer_ ? X509_verify_cert_error_string(verdict) : words_of_openssl());
}

void TlsChannel::fail(std::string why) {
  stage_ = Stage::kFailed;
  error_ = std::move(why);
  hello_ = std::vector<std::byte>();  // not {}: that keeps the memory
}

bool TlsChannel::seal(std::span<const std::byte> plain) {
  CHECK(stage_ == Stage::kOpen && !said_goodbye_ && plain.size() <= kMaxPiece);
  size_t written = 0;
  ERR_clear_error();
  const int result = SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &written);
  if (result != 1) act_on_error(result);
  return result == 1;
}

void TlsChannel::seal_goodbye() {
  CHECK(!said_goodbye_ && (stage_ == Stage::kOpen || ssl_ == nullptr));
  said_goodbye_ = true;
  if (ssl_ == nullptr) {
    sealed_.insert(sealed_.end(), kGoodbyeInClear.begin(), kGoodbyeInClear.end());
    return;
  }
  ERR_clear_error();
  (void)SSL_shutdown(ssl_.get());
}

void TlsChannel::sent(size_t count) {
  CHECK(count <= sealed_.size() - sent_);
  sent_ += count;
  if (sent_ == sealed_.size()) {
    sealed_ = std::vector<std::byte>();  // not {}: that keeps the memory of every idle connection
    sent_ = 0;
  } else if (sent_ > kMaxPiece) {  // else one who always leaves something unread makes it grow for ever
    sealed_.erase(sealed_.begin(), sealed_.begin() + static_cast<std::ptrdiff_t>(sent_));
    sent_ = 0;
  }
}

std::string TlsChannel::version() const {
  return ssl_ != nullptr ? SSL_get_version(ssl_.get()) : std::string();
}

}  // namespace talkbeat
