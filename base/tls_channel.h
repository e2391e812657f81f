#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/client_hello.h"

struct bio_st;
struct ssl_st;
struct ssl_ctx_st;

namespace talkbeat {

struct SslDeleter {
  void operator()(ssl_st* ssl) const;
};

struct SslContextDeleter {
  void operator()(ssl_ctx_st* context) const;
};

/// OpenSSL counts the references to a context; each of these is one.
using SslContextRef = std::unique_ptr<ssl_ctx_st, SslContextDeleter>;

/// One end of a TLS connection: ciphertext in, plaintext out, and the other way round. A pure core around OpenSSL: no
/// socket, no clock. Made by a TlsContext, owned by its Connection.
///
/// A server's end keeps what comes until the ClientHello is complete (kHello) and then waits for go_on() (kReady):
/// until then it costs no more than the bytes that came, and what a handshake costs can be dealt out.
///
///   const auto plain = channel.open(bytes_from_the_socket, room);
///   if (channel.stage() == TlsChannel::Stage::kOpen && !channel.seal(answer)) keep_for_later(answer);
///   channel.sent(write_to_the_socket(channel.sealed()));
class TlsChannel {
 public:
  enum class Stage : uint8_t { kHello, kReady, kHandshake, kOpen, kFailed };

  /// A server's end.
  explicit TlsChannel(SslContextRef context);
  /// A client's end: its first words are in sealed(). The server has to show a certificate for `name`, a host's name or
  /// an IP address.
  TlsChannel(SslContextRef context, const std::string& name);
  ~TlsChannel();
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;

  Stage stage() const { return stage_; }
  /// A server's end that has agreed on nothing yet: its peer can be told goodbye, and no more.
  bool is_before_handshake() const { return stage_ == Stage::kHello || stage_ == Stage::kReady; }
  /// Takes all of `bytes`. The plaintext that they complete is put into `into`, which has room for kMaxRecord bytes
  /// more than `bytes` has.
  std::span<const std::byte> open(std::span<const std::byte> bytes, std::span<std::byte> into);
  /// The costly part of a server's handshake. Only where kReady.
  void go_on();

  /// Only where kOpen; 1 to kMaxPiece bytes, which become one record. False: none is taken, since it failed, or since
  /// part of one of TLS's own messages (a KeyUpdate, a ticket) has come: to be tried again behind the next open().
  [[nodiscard]] bool seal(std::span<const std::byte> plain);
  /// close_notify: the peer knows that nothing was cut off. Where kOpen, or a server's end before its handshake
  /// (kHello, kReady), which says it in the clear; nothing is sealed after it.
  void seal_goodbye();
  bool said_goodbye() const { return said_goodbye_; }
  /// The peer has sent its own: nothing follows.
  bool heard_goodbye() const { return heard_goodbye_; }

  /// What has to go to the peer: records, words of the handshake, the alert that tells why it failed.
  std::span<const std::byte> sealed() const { return std::span(sealed_).subspan(sent_); }
  void sent(size_t count);

  /// Why it failed, in words.
  const std::string& error() const { return error_; }
  /// It failed since the server's certificate is not to be trusted: trying again changes nothing.
  bool distrusts_peer() const { return distrusts_peer_; }
  /// "TLSv1.3". Only behind the handshake.
  std::string version() const;

  static constexpr size_t kMaxPiece = 16 << 10;
  static constexpr size_t kMaxRecord = 17 << 10;

 private:
  friend struct ChannelBio;

  void begin();
  void gather_hello(std::span<const std::byte> bytes);
  void shake_hands();
  std::span<const std::byte> read_plain(std::span<std::byte> into);
  void act_on_error(int result);
  void fail(std::string why);

  SslContextRef context_;  // until the ClientHello is complete
  std::unique_ptr<ssl_st, SslDeleter> ssl_;
  std::span<const std::byte> input_;  // what OpenSSL may read now
  std::vector<std::byte> hello_;
  std::vector<std::byte> sealed_;
  size_t sent_ = 0;
  uint64_t received_ = 0;  // since the handshake began
  uint64_t key_updates_ = 0;
  std::string error_;
  ClientHelloScan scan_;
  Stage stage_;
  const bool server_;
  bool said_goodbye_ = false;
  bool heard_goodbye_ = false;
  bool distrusts_peer_ = false;
};

}  // namespace talkbeat
