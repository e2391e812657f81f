#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace talkbeat {

/// Looks for the ClientHello in what a TLS client sends first, before OpenSSL sees it: OpenSSL reserves what a
/// ClientHello says it will be, up to 128 KiB, and 32 KiB in any case. Looks at the second ClientHello, which a server
/// may ask for, as well; at nothing behind them. A pure core.
///
///   ClientHelloScan scan;
///   if (scan.look(bytes) == ClientHelloScan::Found::kBad) return refuse(scan.fault());
class ClientHelloScan {
 public:
  enum class Found : uint8_t {
    kPart,      ///< not all of it has come
    kComplete,  ///< at least one, whole
    kBad,       ///< no TLS, or too long
  };

  /// The bytes that follow on those of the calls before.
  Found look(std::span<const std::byte> bytes);
  /// In words, where kBad.
  const char* fault() const { return fault_; }

  /// A ClientHello has some hundred bytes, two thousand with keys that quantum computers don't break.
  static constexpr size_t kMaxHello = 8 << 10;

 private:
  void begin_record();
  void begin_message();
  size_t take_body(size_t most);

  std::array<uint8_t, 5> record_{};   // its header, as far as it has come
  std::array<uint8_t, 4> message_{};  // the same of the message in it
  uint8_t record_has_ = 0;
  uint8_t message_has_ = 0;
  bool is_handshake_ = false;  // the record: else it is passed over
  bool complete_ = false;
  bool over_ = false;          // what follows is no ClientHello
  uint32_t record_left_ = 0;   // 0: its header is to come
  uint32_t message_left_ = 0;  // the same
  const char* fault_ = nullptr;
};

}  // namespace talkbeat
