// Audio messages: opaque bytes up to the limit of a PDU, to users and to groups, in answers that stay small.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/scenario/cluster.h"
#include "tests/scenario/group_requests.h"

namespace talkbeat::scenario {
namespace {

using IM::BaseDefine::MSG_TYPE_GROUP_AUDIO;
using IM::BaseDefine::MSG_TYPE_SINGLE_AUDIO;
using IM::Message::IMMsgData;
using IM::Message::IMMsgDataAck;
using testing::ElementsAre;

// Different each time, and with every byte in it.
std::string noise(size_t size) {
  static std::mt19937 random{1};
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

IMMsgData audio_to(const WireClient& client, uint32_t peer, const std::string& bytes) {
  IMMsgData message = text_to(client, peer, bytes);
  message.set_msg_type(MSG_TYPE_SINGLE_AUDIO);
  return message;
}

IMMsgData audio_to_group(const WireClient& client, uint32_t group, const std::string& bytes) {
  IMMsgData message = text_to(client, group, bytes);
  message.set_msg_type(MSG_TYPE_GROUP_AUDIO);
  return message;
}

struct TwoPeople {
  explicit TwoPeople(const ClusterOptions& options = {}) : cluster(options) {
    alice.log_in("alice");
    bob.log_in("bob");
    await_online(alice, bob.user_id());
    await_online(bob, alice.user_id());
  }

  Cluster cluster;
  WireClient alice{cluster.client_port("msg_server_0")};
  WireClient bob{cluster.client_port("msg_server_1")};
};

TEST(Audio, of_any_size_up_to_a_pdus_limit_it_arrives_and_is_kept_as_it_is) {
  TwoPeople people;
  const uint32_t group = create_group(people.alice, {people.bob.user_id()});
  constexpr size_t kLimit = 1 << 20;
  uint32_t expected = 0;
  for (const size_t size : {size_t{1}, size_t{4'096}, size_t{4'097}, size_t{100'000}, kLimit - 100}) {
    ++expected;
    const std::string bytes = noise(size);
    EXPECT_EQ(people.alice.ask<IMMsgDataAck>(audio_to(people.alice, people.bob.user_id(), bytes)).msg_id(), expected);
    const auto heard = people.bob.expect<IMMsgData>();
    EXPECT_EQ(heard.msg_type(), MSG_TYPE_SINGLE_AUDIO);
    EXPECT_EQ(heard.msg_data(), bytes);
    const auto stored = page_of(people.bob, people.alice.user_id(), 0, 1).msg_list(0);
    EXPECT_EQ(stored.msg_type(), MSG_TYPE_SINGLE_AUDIO);
    EXPECT_EQ(stored.msg_data(), bytes);

    const std::string others = noise(size);
    const auto ack = people.bob.ask<IMMsgDataAck>(audio_to_group(people.bob, group, others));
    EXPECT_EQ(ack.msg_id(), expected);
    EXPECT_EQ(ack.session_type(), IM::BaseDefine::SESSION_TYPE_GROUP);
    const auto in_group = people.alice.expect<IMMsgData>();
    EXPECT_EQ(in_group.msg_type(), MSG_TYPE_GROUP_AUDIO);
    EXPECT_EQ(in_group.to_session_id(), group);
    EXPECT_EQ(in_group.msg_data(), others);
    EXPECT_EQ(group_page(people.alice, group, 0, 1).msg_list(0).msg_data(), others);
  }
  EXPECT_EQ(group_unread(people.alice, group), expected);
}

TEST(Audio, an_empty_one_and_one_of_an_unknown_type_are_refused) {
  TwoPeople people;
  WireClient& alice = people.alice;
  const uint32_t group = create_group(alice, {people.bob.user_id()});
  alice.expect_error(ERROR_EMPTY_MESSAGE, alice.send(audio_to(alice, people.bob.user_id(), "")));
  alice.expect_error(ERROR_EMPTY_MESSAGE, alice.send(audio_to_group(alice, group, "")));
  alice.expect_error(ERROR_MESSAGE_TO_SELF, alice.send(audio_to(alice, alice.user_id(), "x")));
  alice.expect_error(ERROR_NOT_MEMBER, alice.send(audio_to_group(alice, group + 1, "x")));
  IMMsgData without_type = audio_to(alice, people.bob.user_id(), "x");
  without_type.clear_msg_type();
  for (const char type : {'\x03', '\x13'}) {
    // Field 5, a varint: a value that the enumeration does not have.
    const std::string body = without_type.SerializePartialAsString() + std::string("\x28") + type;
    const uint16_t seq = alice.next_seq();
    alice.send_raw(encode(kCommandOf<IMMsgData>, seq, body));
    alice.expect_error(ERROR_MALFORMED, seq);
  }
  EXPECT_EQ(latest_id_of(alice, people.bob.user_id()), 0u);
}

// Ten messages of 300,000 bytes: three of them fit into 1 MiB.
TEST(Audio, answers_with_many_long_messages_stay_small_and_all_can_be_fetched) {
  TwoPeople people;
  WireClient& bob = people.bob;
  constexpr size_t kMessages = 10;
  constexpr size_t kMost = (1 << 20) + 10'000;
  const uint32_t group = create_group(people.alice, {bob.user_id()});
  std::map<uint32_t, std::string> sent;
  for (uint32_t id = 1; id <= kMessages; ++id) {
    sent[id] = noise(300'000);
    people.alice.ask<IMMsgDataAck>(audio_to_group(people.alice, group, sent[id]));
    people.alice.ask<IMMsgDataAck>(audio_to(people.alice, bob.user_id(), sent[id]));
  }
  std::map<uint32_t, std::string> fetched;
  size_t pages = 0;
  while (fetched.size() < kMessages) {
    const auto page = group_page(bob, group, fetched.empty() ? 0 : fetched.begin()->first - 1);
    ASSERT_GT(page.msg_list_size(), 0);
    EXPECT_LE(page.ByteSizeLong(), kMost);
    for (const auto& message : page.msg_list()) fetched[message.msg_id()] = message.msg_data();
    ++pages;
  }
  EXPECT_EQ(fetched, sent);
  EXPECT_EQ(pages, 4u);

  auto by_id = about<IM::Message::IMGetMsgByIdReq>(bob, people.alice.user_id());
  for (uint32_t id = 1; id <= kMessages; ++id) by_id.add_msg_id_list(id);
  const auto some = bob.ask<IM::Message::IMGetMsgByIdRsp>(by_id);
  EXPECT_LE(some.ByteSizeLong(), kMost);
  EXPECT_THAT(ids_of(some), ElementsAre(1, 2, 3));
}

TEST(Audio, lists_of_conversations_leave_long_ones_empty_once_they_are_large) {
  ClusterOptions options;
  options.users = {"alice", "bob", "carol", "dave", "eve"};
  Cluster cluster(options);
  WireClient bob(cluster.client_port("msg_server_1"));
  bob.log_in("bob");
  std::string bytes = noise(600'000);
  for (const char* name : {"alice", "carol", "dave", "eve"}) {
    WireClient client(cluster.client_port("msg_server_0"));
    client.log_in(name);
    const uint32_t group = create_group(client, {bob.user_id()});
    client.ask<IMMsgDataAck>(audio_to_group(client, group, bytes));
  }
  const auto unread = unread_of(bob);
  ASSERT_EQ(unread.unreadinfo_list_size(), 4);
  EXPECT_LE(unread.ByteSizeLong(), (1u << 20) + 10'000);
  for (const auto& entry : unread.unreadinfo_list()) {
    EXPECT_EQ(entry.latest_msg_type(), MSG_TYPE_GROUP_AUDIO);
    EXPECT_EQ(entry.latest_msg_id(), 1u);
    const auto& data = entry.latest_msg_data();
    EXPECT_TRUE(data.empty() || data == bytes);
    EXPECT_EQ(group_page(bob, entry.session_id()).msg_list(0).msg_data(), bytes);
  }
  const auto recent = recent_of(bob);
  ASSERT_EQ(recent.contact_session_list_size(), 4);
  EXPECT_LE(recent.ByteSizeLong(), (1u << 20) + 10'000);
}

}  // namespace
}  // namespace talkbeat::scenario
