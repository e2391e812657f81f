#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/pdu.h"
#include "proto/command_of.h"
#include "tools/talkload/payload.h"
#include "tools/talkload/pdu_templates.h"
#include "tools/talkload/wire_views.h"

namespace talkbeat::load {
namespace {

constexpr Payload kPayload{.run = 0xabcdef, .sender = 4'000'000'000, .number = 77, .intended_ns = 1ULL << 63 | 12345};

template <class Message>
Message parsed(std::span<const std::byte> pdu) {
  Message message;
  EXPECT_EQ(decode_header(pdu).length, pdu.size());
  EXPECT_EQ(decode_header(pdu).command_id, kCommandOf<Message>);
  EXPECT_TRUE(message.ParseFromArray(pdu.data() + kPduHeaderSize, static_cast<int>(pdu.size() - kPduHeaderSize)));
  return message;
}

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

TEST(Payload, comes_back_as_it_was) {
  std::array<std::byte, kPayloadSize + 3> text{};
  write_payload(kPayload, text);
  EXPECT_EQ(read_payload(text), kPayload);
}

TEST(Payload, is_printable) {
  std::array<std::byte, kPayloadSize> text{};
  write_payload(kPayload, text);
  for (const std::byte byte : text) {
    EXPECT_GE(std::to_integer<int>(byte), 0x20);
    EXPECT_LT(std::to_integer<int>(byte), 0x7f);
  }
}

TEST(Payload, other_texts_are_none) {
  EXPECT_FALSE(read_payload(bytes_of("")));
  EXPECT_FALSE(read_payload(bytes_of("Lshort")));
  EXPECT_FALSE(read_payload(bytes_of(std::string(64, 'x'))));
  EXPECT_FALSE(read_payload(bytes_of("L" + std::string(64, ' '))));
}

TEST(MessageTemplate, a_stamped_chat_message_is_what_protobuf_makes_of_it) {
  MessageTemplate made = MessageTemplate::chat(300, 70'000, 64);
  const auto message = parsed<IM::Message::IMMsgData>(made.stamp(0xfffe, kPayload));
  EXPECT_EQ(decode_header(made.stamp(0xfffe, kPayload)).seq_num, 0xfffe);
  EXPECT_EQ(message.from_user_id(), 300u);
  EXPECT_EQ(message.to_session_id(), 70'000u);
  EXPECT_EQ(message.msg_type(), IM::BaseDefine::MSG_TYPE_SINGLE_TEXT);
  EXPECT_EQ(message.msg_data().size(), 64u);
  EXPECT_EQ(read_payload(bytes_of(message.msg_data())), kPayload);
}

TEST(MessageTemplate, the_key_is_the_messages_own_and_the_same_again) {
  MessageTemplate made = MessageTemplate::group(1, 2, 30);
  const auto key = [&made](const Payload& payload) {
    return parsed<IM::Message::IMMsgData>(made.stamp(1, payload)).client_msg_key();
  };
  Payload other = kPayload;
  ++other.number;
  EXPECT_EQ(key(kPayload), key(kPayload));
  EXPECT_NE(key(kPayload), key(other));
  EXPECT_NE(key(kPayload), 0u);
}

TEST(MessageTemplate, a_stamped_command_is_what_protobuf_makes_of_it) {
  MessageTemplate made = MessageTemplate::relay(5, 6, 28);
  const auto command = parsed<IM::SwitchService::IMP2PCmdMsg>(made.stamp(3, kPayload));
  EXPECT_EQ(command.from_user_id(), 5u);
  EXPECT_EQ(command.to_user_id(), 6u);
  EXPECT_EQ(read_payload(bytes_of(command.cmd_msg_data())), kPayload);
}

TEST(SmallPdus, are_what_protobuf_makes_of_them) {
  const SmallPdu beat = heartbeat_pdu(42);
  EXPECT_EQ(decode_header(beat.span()).seq_num, 42);
  parsed<IM::Other::IMHeartBeat>(beat.span());
  const auto ack = parsed<IM::Message::IMMsgDataAck>(delivery_ack_pdu(4'000'000'000, 200, 70'000, false).span());
  EXPECT_EQ(ack.user_id(), 4'000'000'000u);
  EXPECT_EQ(ack.session_id(), 200u);
  EXPECT_EQ(ack.msg_id(), 70'000u);
  EXPECT_EQ(ack.session_type(), IM::BaseDefine::SESSION_TYPE_SINGLE);
  const auto read = parsed<IM::Message::IMMsgDataReadAck>(read_ack_pdu(1, 2, 3, true).span());
  EXPECT_EQ(read.session_type(), IM::BaseDefine::SESSION_TYPE_GROUP);
}

TEST(WireViews, see_what_protobuf_has_written) {
  IM::Message::IMMsgData message;
  message.set_from_user_id(1'000'000);
  message.set_to_session_id(2);
  message.set_msg_id(3);
  message.set_create_time(1'700'000'000);
  message.set_msg_type(IM::BaseDefine::MSG_TYPE_GROUP_TEXT);
  message.set_msg_data("hello");
  message.set_client_msg_key(~0ULL);
  const std::string body = message.SerializeAsString();
  const auto view = view_message(bytes_of(body));
  ASSERT_TRUE(view);
  EXPECT_EQ(view->from, 1'000'000u);
  EXPECT_EQ(view->to, 2u);
  EXPECT_EQ(view->msg_id, 3u);
  EXPECT_EQ(view->msg_type, static_cast<uint32_t>(IM::BaseDefine::MSG_TYPE_GROUP_TEXT));
  EXPECT_EQ(view->data.size(), 5u);
}

TEST(WireViews, a_body_that_is_cut_does_not_parse) {
  IM::Message::IMMsgDataAck ack;
  ack.set_user_id(1'000);
  ack.set_session_id(2'000);
  ack.set_msg_id(3'000);
  ack.set_session_type(IM::BaseDefine::SESSION_TYPE_SINGLE);
  const std::string body = ack.SerializeAsString();
  ASSERT_TRUE(view_ack(bytes_of(body)));
  EXPECT_EQ(view_ack(bytes_of(body))->msg_id, 3'000u);
  EXPECT_FALSE(view_ack(bytes_of(body).first(2)));
  EXPECT_FALSE(view_ack(bytes_of(body).first(body.size() - 1)));
}

TEST(WireViews, a_length_beyond_the_end_does_not_parse) {
  EXPECT_FALSE(view_message(bytes_of("\x32\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")));
  EXPECT_FALSE(
      view_message(bytes_of("\x32\x05"
                            "ab")));
  EXPECT_FALSE(view_message(bytes_of("\x07")));
}

}  // namespace
}  // namespace talkbeat::load
