#include "proto/relay_to_users.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "proto/talkbeat.pb.h"
#include "tests/unit/bytes_of.h"

namespace talkbeat {
namespace {

std::string written(const RelayToUsers& relay) {
  std::string text(relay.size(), '\0');
  relay.write(std::as_writable_bytes(std::span(text)));
  return text;
}

TbRelay random_relay(std::mt19937& random) {
  TbRelay relay;
  for (size_t i = random() % 4; i > 0; --i) relay.add_user_ids(static_cast<uint32_t>(random() >> random() % 32));
  relay.set_pdu(std::string(random() % 300, 'p'));
  if (random() % 2) relay.set_message_sequence(uint64_t{random()} << random() % 31);
  if (random() % 2) relay.set_client_class(static_cast<uint32_t>(random() % 3));
  if (random() % 8 == 0) relay.set_group_id(7);
  if (random() % 8 == 0) relay.set_watchers_of(7);
  return relay;
}

bool names_users_only(const TbRelay& relay) {
  return relay.user_ids_size() > 0 && !relay.has_group_id() && !relay.has_watchers_of();
}

void expect_same(const RelayToUsers& read, const TbRelay& relay) {
  EXPECT_TRUE(std::ranges::equal(read.users(), relay.user_ids()));
  EXPECT_TRUE(std::ranges::equal(read.pdu, bytes_of(relay.pdu())));
  EXPECT_EQ(read.sequence.has_value(), relay.has_message_sequence());
  EXPECT_EQ(read.sequence.value_or(0), relay.message_sequence());
  EXPECT_EQ(read.client_class.has_value(), relay.has_client_class());
  EXPECT_EQ(read.client_class.value_or(0), relay.client_class());
}

TEST(RelayToUsers, reads_and_writes_what_protobuf_does) {
  std::mt19937 random(11);
  for (int i = 0; i < 5'000; ++i) {
    const TbRelay relay = random_relay(random);
    const std::string body = relay.SerializeAsString();
    const auto read = RelayToUsers::read(bytes_of(body));
    ASSERT_EQ(read.has_value(), names_users_only(relay)) << relay.DebugString();
    if (!read) continue;
    expect_same(*read, relay);
    EXPECT_EQ(written(*read), body);
  }
}

// Whatever it accepts, protobuf understands alike: two servers must not disagree about a relay.
TEST(RelayToUsers, of_damaged_ones_it_accepts_only_what_protobuf_reads_alike) {
  std::mt19937 random(12);
  for (int i = 0; i < 50'000; ++i) {
    std::string body = random_relay(random).SerializeAsString();
    for (size_t n = random() % 3 + 1; n > 0; --n) body[random() % body.size()] = static_cast<char>(random());
    if (random() % 4 == 0) body.resize(random() % body.size());
    const auto read = RelayToUsers::read(bytes_of(body));
    if (!read) continue;
    TbRelay relay;
    ASSERT_TRUE(relay.ParseFromString(body));
    expect_same(*read, relay);
  }
}

TEST(RelayToUsers, more_receivers_than_it_holds_are_left_to_others) {
  TbRelay relay;
  relay.set_pdu("x");
  for (uint32_t user = 1; user <= RelayToUsers::kMaxUsers; ++user) relay.add_user_ids(user);
  EXPECT_TRUE(RelayToUsers::read(bytes_of(relay.SerializeAsString())).has_value());
  relay.add_user_ids(99);
  EXPECT_FALSE(RelayToUsers::read(bytes_of(relay.SerializeAsString())).has_value());
}

}  // namespace
}  // namespace talkbeat
