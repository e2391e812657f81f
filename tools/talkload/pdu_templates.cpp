#include "tools/talkload/pdu_templates.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/buffer.h"
#include "base/check.h"
#include "base/pdu.h"
#include "base/pdu_protocol.h"
#include "proto/command_of.h"

namespace talkbeat::load {

namespace {

constexpr size_t kSeqNumAt = 12;
constexpr size_t kKeySize = 8;

template <class Message>
std::vector<std::byte> whole_pdu(const Message& message) {
  const SharedBytes pdu = encode_pdu(message);
  return {pdu.bytes().begin(), pdu.bytes().end()};
}

size_t find_content(const std::vector<std::byte>& pdu, const std::string& content) {
  const auto found = std::search(pdu.begin() + kPduHeaderSize, pdu.end(), content.begin(), content.end(),
                                 [](std::byte left, char right) { return left == static_cast<std::byte>(right); });
  CHECK(found != pdu.end());
  return static_cast<size_t>(found - pdu.begin());
}

// As PROTOCOL.md advises: the time in front, in milliseconds. And the same again for a message that is sent again.
uint64_t key_of(const Payload& payload) {
  constexpr int kNumberBits = 22;
  return payload.intended_ns / 1'000'000 << kNumberBits | (payload.number & ((1u << kNumberBits) - 1));
}

class SmallWriter {
 public:
  explicit SmallWriter(uint16_t command) {
    header_.command_id = command;
    header_.service_id = service_of(command);
    pdu_.size = kPduHeaderSize;
  }
  SmallWriter& field(uint32_t number, uint32_t value) {
    byte(number << 3);
    for (; value > 0x7f; value >>= 7) byte(value | 0x80);
    byte(value);
    return *this;
  }
  SmallPdu done(uint16_t seq_num) {
    header_.length = static_cast<uint32_t>(pdu_.size);
    header_.seq_num = seq_num;
    encode_header(header_, pdu_.bytes);
    return pdu_;
  }

 private:
  void byte(uint32_t value) { pdu_.bytes[pdu_.size++] = static_cast<std::byte>(value); }

  PduHeader header_;
  SmallPdu pdu_{};
};

SmallPdu ack_pdu(uint16_t command, uint32_t user, uint32_t session_id, uint32_t msg_id, bool group) {
  const auto type = group ? IM::BaseDefine::SESSION_TYPE_GROUP : IM::BaseDefine::SESSION_TYPE_SINGLE;
  return SmallWriter(command)
      .field(1, user)
      .field(2, session_id)
      .field(3, msg_id)
      .field(4, static_cast<uint32_t>(type))
      .done(0);
}

}  // namespace

MessageTemplate MessageTemplate::message(uint32_t from, uint32_t to, int type, size_t size) {
  CHECK(size >= kPayloadSize);
  const std::string content(size, 'x');
  IM::Message::IMMsgData message;
  message.set_from_user_id(from);
  message.set_to_session_id(to);
  message.set_msg_id(0);
  message.set_create_time(0);
  message.set_msg_type(static_cast<IM::BaseDefine::MsgType>(type));
  message.set_msg_data(content);
  message.set_client_msg_key(0);
  MessageTemplate made;
  made.pdu_ = whole_pdu(message);
  made.content_at_ = find_content(made.pdu_, content);
  made.key_at_ = made.pdu_.size() - kKeySize;  // the field with the highest number is the last one
  return made;
}

MessageTemplate MessageTemplate::chat(uint32_t from, uint32_t to, size_t size) {
  return message(from, to, IM::BaseDefine::MSG_TYPE_SINGLE_TEXT, size);
}

MessageTemplate MessageTemplate::group(uint32_t from, uint32_t to, size_t size) {
  return message(from, to, IM::BaseDefine::MSG_TYPE_GROUP_TEXT, size);
}

MessageTemplate MessageTemplate::relay(uint32_t from, uint32_t to, size_t size) {
  CHECK(size >= kPayloadSize);
  const std::string content(size, 'x');
  IM::SwitchService::IMP2PCmdMsg command;
  command.set_from_user_id(from);
  command.set_to_user_id(to);
  command.set_cmd_msg_data(content);
  MessageTemplate made;
  made.pdu_ = whole_pdu(command);
  made.content_at_ = find_content(made.pdu_, content);
  return made;
}

std::span<const std::byte> MessageTemplate::stamp(uint16_t seq_num, const Payload& payload) {
  pdu_[kSeqNumAt] = static_cast<std::byte>(seq_num >> 8);
  pdu_[kSeqNumAt + 1] = static_cast<std::byte>(seq_num & 0xff);
  write_payload(payload, std::span(pdu_).subspan(content_at_));
  if (key_at_ != 0) {
    const uint64_t key = key_of(payload);
    for (size_t i = 0; i < kKeySize; ++i) pdu_[key_at_ + i] = static_cast<std::byte>(key >> 8 * i & 0xff);
  }
  return pdu_;
}

SmallPdu heartbeat_pdu(uint16_t seq_num) {
  return SmallWriter(IM::BaseDefine::CID_OTHER_HEARTBEAT).done(seq_num);
}

SmallPdu delivery_ack_pdu(uint32_t user, uint32_t session_id, uint32_t msg_id, bool group) {
  return ack_pdu(kCommandOf<IM::Message::IMMsgDataAck>, user, session_id, msg_id, group);
}

SmallPdu read_ack_pdu(uint32_t user, uint32_t session_id, uint32_t msg_id, bool group) {
  return ack_pdu(kCommandOf<IM::Message::IMMsgDataReadAck>, user, session_id, msg_id, group);
}

}  // namespace talkbeat::load
