#include "base/client_hello.h"

#include <algorithm>

namespace talkbeat {

namespace {

constexpr uint8_t kChangeCipherSpec = 20;
constexpr uint8_t kHandshake = 22;
constexpr uint8_t kClientHello = 1;
constexpr uint32_t kMaxRecordBody = (16 << 10) + 256;

}  // namespace

ClientHelloScan::Found ClientHelloScan::look(std::span<const std::byte> bytes) {
  while (!bytes.empty() && !over_ && fault_ == nullptr) {
    size_t taken = 1;
    if (record_left_ == 0) {
      record_[record_has_++] = static_cast<uint8_t>(bytes.front());
      if (record_has_ == record_.size()) begin_record();
    } else if (is_handshake_ && message_left_ == 0) {
      --record_left_;
      message_[message_has_++] = static_cast<uint8_t>(bytes.front());
      if (message_has_ == message_.size()) begin_message();
    } else {
      taken = take_body(bytes.size());
    }
    bytes = bytes.subspan(taken);
  }
  if (fault_ != nullptr) return Found::kBad;
  return complete_ ? Found::kComplete : Found::kPart;
}

void ClientHelloScan::begin_record() {
  record_has_ = 0;
  record_left_ = static_cast<uint32_t>(record_[3] << 8 | record_[4]);
  is_handshake_ = record_[0] == kHandshake;
  if (!is_handshake_ && complete_) {
    over_ = record_[0] != kChangeCipherSpec;  // which may stand before a second ClientHello
  } else if (!is_handshake_) {
    fault_ = "the first bytes are no TLS";
  }
  if (record_[1] != 3 || record_left_ == 0 || record_left_ > kMaxRecordBody) fault_ = "the first bytes are no TLS";
}

void ClientHelloScan::begin_message() {
  message_has_ = 0;
  message_left_ = static_cast<uint32_t>(message_[1] << 16 | message_[2] << 8 | message_[3]);
  if (message_[0] != kClientHello) {
    over_ = complete_;
    if (!complete_) fault_ = "the first message is no ClientHello";
  } else if (message_left_ == 0 || message_left_ > kMaxHello) {
    fault_ = "a ClientHello longer than any client's";
  }
}

size_t ClientHelloScan::take_body(size_t most) {
  size_t taken = std::min<size_t>(most, record_left_);
  if (is_handshake_) {
    taken = std::min<size_t>(taken, message_left_);
    message_left_ -= static_cast<uint32_t>(taken);
    complete_ = complete_ || message_left_ == 0;
  }
  record_left_ -= static_cast<uint32_t>(taken);
  return taken;
}

}  // namespace talkbeat
