#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tools/talkload/payload.h"

namespace talkbeat::load {

/// A message to one receiver, encoded once: each one that is sent is the same bytes but for its number, key, payload. A
/// plain value of one thread.
///
///   MessageTemplate to_bob = MessageTemplate::chat(alice, bob, 64);
///   link.send(to_bob.stamp(seq_num, payload));
class MessageTemplate {
 public:
  MessageTemplate() = default;
  /// IMMsgData to a user. `size`: bytes of content, at least kPayloadSize.
  static MessageTemplate chat(uint32_t from, uint32_t to, size_t size);
  /// IMMsgData to a group.
  static MessageTemplate group(uint32_t from, uint32_t to, size_t size);
  /// IMP2PCmdMsg.
  static MessageTemplate relay(uint32_t from, uint32_t to, size_t size);

  /// The whole PDU; valid until the next call. The same payload gives the same client_msg_key.
  std::span<const std::byte> stamp(uint16_t seq_num, const Payload& payload);

 private:
  static MessageTemplate message(uint32_t from, uint32_t to, int type, size_t size);

  std::vector<std::byte> pdu_;
  size_t content_at_ = 0;
  size_t key_at_ = 0;  // 0: it has none
};

/// A small PDU, built in place.
struct SmallPdu {
  std::array<std::byte, 64> bytes;
  size_t size = 0;

  std::span<const std::byte> span() const { return std::span(bytes).first(size); }
};

SmallPdu heartbeat_pdu(uint16_t seq_num);
/// IMMsgDataAck: it has come.
SmallPdu delivery_ack_pdu(uint32_t user, uint32_t session_id, uint32_t msg_id, bool group);
/// IMMsgDataReadAck: it has been seen, with all before it.
SmallPdu read_ack_pdu(uint32_t user, uint32_t session_id, uint32_t msg_id, bool group);

}  // namespace talkbeat::load
