#include "msg_server/p2p_command.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "base/pdu_protocol.h"

namespace talkbeat {
namespace {

using IM::SwitchService::IMP2PCmdMsg;

std::string random_body(std::mt19937& random) {
  IMP2PCmdMsg message;
  message.set_from_user_id(static_cast<uint32_t>(random() >> random() % 32));
  message.set_to_user_id(static_cast<uint32_t>(random() >> random() % 32));
  message.set_cmd_msg_data(std::string(random() % 300, static_cast<char>(random())));
  return message.SerializeAsString();
}

void expect_same(const P2pCommand& command, const std::string& body) {
  IMP2PCmdMsg message;
  ASSERT_TRUE(message.ParseFromString(body));
  EXPECT_EQ(command.from, message.from_user_id());
  EXPECT_EQ(command.to, message.to_user_id());
  EXPECT_EQ(command.data, message.cmd_msg_data());
}

TEST(P2pCommand, is_read_as_protobuf_reads_it) {
  std::mt19937 random(3);
  for (int i = 0; i < 5'000; ++i) {
    const std::string body = random_body(random);
    const auto command = p2p_command_in(std::as_bytes(std::span(body)));
    ASSERT_TRUE(command.has_value());
    expect_same(*command, body);
  }
}

TEST(P2pCommand, of_damaged_ones_only_those_are_accepted_that_protobuf_reads_alike) {
  std::mt19937 random(4);
  for (int i = 0; i < 50'000; ++i) {
    std::string body = random_body(random);
    for (size_t n = random() % 3 + 1; n > 0; --n) body[random() % body.size()] = static_cast<char>(random());
    if (random() % 4 == 0) body.resize(random() % body.size());
    if (const auto command = p2p_command_in(std::as_bytes(std::span(body)))) expect_same(*command, body);
  }
}

TEST(P2pCommand, is_written_as_protobuf_writes_it) {
  std::mt19937 random(5);
  for (int i = 0; i < 1'000; ++i) {
    const std::string body = random_body(random);
    IMP2PCmdMsg message;
    ASSERT_TRUE(message.ParseFromString(body));
    const SharedBytes expected = encode_pdu(message);
    const auto command = p2p_command_in(std::as_bytes(std::span(body)));
    std::vector<std::byte> written(command->pdu_size());
    command->write_pdu(written);
    EXPECT_TRUE(std::ranges::equal(written, expected.bytes()));
  }
}

}  // namespace
}  // namespace talkbeat
