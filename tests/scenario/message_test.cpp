// One-to-one messages: what is delivered to whom, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <numeric>
#include <set>

#include "tests/scenario/oracle.h"
#include "tests/scenario/requests.h"
#include "tests/scenario/sockets.h"

namespace talkbeat::scenario {
namespace {

using IM::Message::IMMsgData;
using IM::Message::IMMsgDataAck;

std::string every_byte() {
  std::string bytes(256, '\0');
  std::iota(bytes.begin(), bytes.end(), '\0');
  return "\r\n\x1b[31m" + bytes + std::string(3, '\0');
}

// Two people, each on a PC and a mobile, crosswise on two servers.
struct TwoPeople {
  explicit TwoPeople(const ClusterOptions& options = {}) : cluster(options) {
    alice.log_in("alice", kPc);
    alice_mobile.log_in("alice", kMobile);
    bob.log_in("bob", kPc);
    bob_mobile.log_in("bob", kMobile);
    for (WireClient* client : {&alice, &alice_mobile}) await_online(*client, bob.user_id());
    for (WireClient* client : {&bob, &bob_mobile}) await_online(*client, alice.user_id());
  }

  Cluster cluster;
  WireClient alice{cluster.client_port("msg_server_0")};
  WireClient alice_mobile{cluster.client_port("msg_server_1")};
  WireClient bob{cluster.client_port("msg_server_1")};
  WireClient bob_mobile{cluster.client_port("msg_server_0")};
};

TEST(A5, what_is_not_the_senders_to_decide_is_set_by_the_server_and_the_bytes_stay_as_they_are) {
  RowCluster cluster({}, 2);
  Oracle oracle(cluster);
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_1"));
  alice.log_in("alice");
  bob.log_in("bob");
  await_online(alice, bob.user_id());

  IMMsgData forged = text_to(alice, bob.user_id(), every_byte());
  forged.set_from_user_id(bob.user_id());
  forged.set_msg_id(77);
  forged.set_create_time(1);
  forged.set_attach_data("for servers only");
  forged.set_msg_type(IM::BaseDefine::MSG_TYPE_SINGLE_AUDIO);
  forged.set_client_msg_key(0xfedcba9876543210);
  const auto ack = alice.ask<IMMsgDataAck>(forged);
  EXPECT_EQ(ack.user_id(), alice.user_id());
  EXPECT_EQ(ack.session_id(), bob.user_id());
  EXPECT_EQ(ack.session_type(), IM::BaseDefine::SESSION_TYPE_SINGLE);
  EXPECT_EQ(ack.msg_id(), 1u);

  const auto heard = bob.expect<IMMsgData>();
  EXPECT_EQ(heard.from_user_id(), alice.user_id());
  EXPECT_EQ(heard.to_session_id(), bob.user_id());
  EXPECT_EQ(heard.msg_id(), 1u);
  EXPECT_NEAR(heard.create_time(), static_cast<double>(std::time(nullptr)), 60);
  EXPECT_EQ(heard.msg_type(), IM::BaseDefine::MSG_TYPE_SINGLE_AUDIO);
  EXPECT_EQ(heard.msg_data(), every_byte());
  EXPECT_FALSE(heard.has_attach_data());
  EXPECT_EQ(heard.client_msg_key(), 0xfedcba9876543210);
  EXPECT_TRUE(heard.unknown_fields().empty());

  const auto stored = page_of(bob, alice.user_id(), 0, 10);
  ASSERT_EQ(stored.msg_list_size(), 1);
  EXPECT_EQ(stored.msg_list(0).from_session_id(), alice.user_id());
  EXPECT_EQ(stored.msg_list(0).create_time(), heard.create_time());
  EXPECT_EQ(stored.msg_list(0).msg_type(), heard.msg_type());
  EXPECT_EQ(stored.msg_list(0).msg_data(), every_byte());
  EXPECT_FALSE(stored.has_attach_data());
  leave(alice);
  oracle.expect_unharmed({{"logged_out", 1}});
}

// The next so many messages' ids, sorted: what two servers send may arrive in either order.
std::vector<uint32_t> next_ids(WireClient& client, size_t count) {
  std::vector<uint32_t> ids;
  while (ids.size() < count) ids.push_back(client.expect<IMMsgData>().msg_id());
  std::ranges::sort(ids);
  return ids;
}

TEST(Message, it_comes_once_to_every_other_session_of_both_people_and_not_to_the_one_that_sent_it) {
  TwoPeople people;
  for (const char* text : {"one", "two", "three"}) people.alice.tell(people.bob.user_id(), text);
  for (const char* text : {"four", "five"}) people.bob_mobile.tell(people.alice.user_id(), text);
  people.alice_mobile.tell(people.bob.user_id(), "six");
  EXPECT_EQ(next_ids(people.alice, 3), (std::vector<uint32_t>{4, 5, 6}));
  EXPECT_EQ(next_ids(people.alice_mobile, 5), (std::vector<uint32_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(next_ids(people.bob, 6), (std::vector<uint32_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(next_ids(people.bob_mobile, 4), (std::vector<uint32_t>{1, 2, 3, 6}));

  // One from each server: what was to come twice would come before these.
  people.alice.tell(people.bob.user_id(), "seven");
  people.bob.tell(people.alice.user_id(), "eight");
  EXPECT_EQ(next_ids(people.alice, 1), (std::vector<uint32_t>{8}));
  EXPECT_EQ(next_ids(people.alice_mobile, 2), (std::vector<uint32_t>{7, 8}));
  EXPECT_EQ(next_ids(people.bob, 1), (std::vector<uint32_t>{7}));
  EXPECT_EQ(next_ids(people.bob_mobile, 2), (std::vector<uint32_t>{7, 8}));
  for (WireClient* client : {&people.alice, &people.alice_mobile, &people.bob, &people.bob_mobile}) {
    client->sync();
    EXPECT_EQ(client->waiting<IMMsgData>(), 0u);
  }
}

TEST(Message, ids_have_no_gaps_and_each_senders_order_stands_where_two_servers_write_at_once) {
  Cluster cluster;
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_1"));
  alice.log_in("alice");
  bob.log_in("bob");
  await_online(alice, bob.user_id());
  await_online(bob, alice.user_id());
  constexpr uint32_t kEach = 150;
  for (uint32_t i = 0; i < kEach; ++i) {
    alice.send_text(bob.user_id(), std::to_string(i));
    bob.send_text(alice.user_id(), std::to_string(i));
  }
  std::set<uint32_t> all;
  for (WireClient* client : {&alice, &bob}) {
    uint32_t before = 0;
    for (uint32_t i = 0; i < kEach; ++i) {
      const uint32_t msg_id = client->expect<IMMsgDataAck>().msg_id();
      EXPECT_GT(msg_id, before);
      before = msg_id;
      all.insert(msg_id);
    }
  }
  EXPECT_EQ(all.size(), 2 * kEach);
  EXPECT_EQ(*all.begin(), 1u);
  EXPECT_EQ(*all.rbegin(), 2 * kEach);
  // Each hears the other's, in order, once.
  for (WireClient* client : {&alice, &bob}) {
    for (uint32_t i = 0; i < kEach; ++i) EXPECT_EQ(client->expect<IMMsgData>().msg_data(), std::to_string(i));
  }
}

TEST(Message, what_cannot_be_delivered_is_refused_with_the_reason_and_not_stored) {
  Cluster cluster;
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_1"));
  alice.log_in("alice");
  bob.log_in("bob");
  const auto refused = [&](const IMMsgData& message, ErrorCode code) {
    const uint16_t seq = alice.send(message);
    const TbError error = alice.expect_error(code, seq);
    EXPECT_EQ(error.service_id(), 3u);
    EXPECT_EQ(error.command_id(), kCommandOf<IMMsgData>);
    EXPECT_EQ(error.seq_num(), seq);
    EXPECT_NE(error.text(), "");
  };
  refused(text_to(alice, bob.user_id(), ""), ERROR_EMPTY_MESSAGE);
  refused(text_to(alice, alice.user_id(), "to myself"), ERROR_MESSAGE_TO_SELF);
  for (const uint32_t nobody : {0u, 4'000'000u, 0x7fffffffu, 0xffffffffu}) {
    refused(text_to(alice, nobody, "to nobody"), ERROR_UNKNOWN_USER);
  }
  IMMsgData to_group = text_to(alice, bob.user_id(), "to a group");
  to_group.set_msg_type(IM::BaseDefine::MSG_TYPE_GROUP_TEXT);
  refused(to_group, ERROR_NOT_MEMBER);
  ASSERT_EQ(cluster.talkctl({"user", "disable", "bob"}).exit_code, 0);
  refused(text_to(alice, bob.user_id(), "to a disabled account"), ERROR_UNKNOWN_USER);
  ASSERT_EQ(cluster.talkctl({"user", "enable", "bob"}).exit_code, 0);

  EXPECT_EQ(latest_id_of(alice, bob.user_id()), 0u);
  EXPECT_TRUE(recent_peers_of(alice).empty());
  WireClient back(cluster.client_port("msg_server_1"));  // what disables an account also ends its sessions
  back.log_in("bob");
  await_online(alice, bob.user_id());
  EXPECT_EQ(alice.tell(bob.user_id(), "the first").msg_id(), 1u);
  EXPECT_EQ(back.expect<IMMsgData>().msg_data(), "the first");
}

// A message whose PDU has exactly this many bytes.
IMMsgData pdu_of(const WireClient& client, uint32_t peer, size_t bytes) {
  IMMsgData message = text_to(client, peer, std::string(bytes - 100, 'm'));
  const size_t missing = bytes - kPduHeaderSize - message.ByteSizeLong();
  message.mutable_msg_data()->append(missing, 'n');
  return message;
}

TEST(Message, a_pdu_of_1_mib_is_delivered_and_one_byte_more_closes_without_waiting_for_it) {
  TwoPeople people;
  constexpr size_t kLimit = 1 << 20;
  const IMMsgData longest = pdu_of(people.alice, people.bob.user_id(), kLimit);
  ASSERT_EQ(encode(longest, 1).size(), kLimit);
  EXPECT_EQ(people.alice.ask<IMMsgDataAck>(longest).msg_id(), 1u);
  for (WireClient* client : {&people.bob, &people.bob_mobile, &people.alice_mobile}) {
    EXPECT_EQ(client->expect<IMMsgData>().msg_data(), longest.msg_data());
  }
  const IMMsgData too_long = pdu_of(people.alice, people.bob.user_id(), kLimit + 1);
  people.alice.send_raw(encode(too_long, 2).substr(0, kPduHeaderSize));
  people.alice.expect_close();
  EXPECT_EQ(latest_id_of(people.bob, people.alice.user_id()), 1u);
}

TEST(Message, above_the_rate_each_one_is_acked_or_refused_and_what_was_refused_is_not_stored) {
  ClusterOptions options;
  options.settings = {"client.message_rate=1", "client.message_burst=5"};
  Cluster cluster(options);
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_1"));
  alice.log_in("alice");
  bob.log_in("bob");
  await_online(alice, bob.user_id());
  constexpr uint16_t kFirst = 1000;
  constexpr uint16_t kSent = 40;
  std::string all;
  for (uint16_t i = 0; i < kSent; ++i) {
    all += encode(text_to(alice, bob.user_id(), std::to_string(i)), static_cast<uint16_t>(kFirst + i));
  }
  alice.send_raw(all);
  std::vector<std::string> acked;
  uint32_t wait_ms = 0;
  wait_until("all are answered", [&] {
    alice.sync();
    return alice.waiting<IMMsgDataAck>() + alice.waiting<TbError>() >= kSent;
  });
  std::deque<Pdu> answers = alice.inbox();
  std::erase_if(answers, [](const Pdu& pdu) {  // she has asked for bob's status before
    return pdu.header.command_id == kCommandOf<IM::Buddy::IMUserStatNotify>;
  });
  ASSERT_EQ(answers.size(), kSent);
  std::set<uint16_t> answered;
  for (const Pdu& answer : answers) {
    EXPECT_TRUE(answered.insert(answer.header.seq_num).second) << "answered twice: " << shown(answer);
    if (answer.header.command_id == kCommandOf<IMMsgDataAck>) {
      acked.push_back(std::to_string(answer.header.seq_num - kFirst));
      continue;
    }
    TbError error;
    ASSERT_TRUE(error.ParseFromString(answer.body));
    EXPECT_EQ(error.code(), ERROR_RATE_LIMITED);
    EXPECT_GT(error.retry_after_ms(), 0u);
    EXPECT_LE(error.retry_after_ms(), 1000u);
    wait_ms = error.retry_after_ms();
  }
  EXPECT_GE(acked.size(), 5u);
  EXPECT_LT(acked.size(), kSent);
  EXPECT_EQ(latest_id_of(bob, alice.user_id()), acked.size());
  for (const std::string& text : acked) EXPECT_EQ(bob.expect<IMMsgData>().msg_data(), text);

  std::this_thread::sleep_for(milliseconds{wait_ms});
  EXPECT_EQ(alice.tell(bob.user_id(), "after the wait").msg_id(), acked.size() + 1);
  EXPECT_EQ(bob.tell(alice.user_id(), "bob is not concerned").msg_id(), acked.size() + 2);
}

TEST(B5, one_that_is_sent_100_times_with_one_key_over_two_servers_and_a_restart_is_stored_once) {
  RowCluster cluster({}, 2);
  Oracle oracle(cluster, 100ms, "msg_server_1");
  constexpr uint64_t kKey = 0x123456789abcdef0;
  WireClient bob(cluster.client_port("msg_server_1"));
  bob.log_in("bob");
  uint32_t acks = 0;
  const auto resend = [&](WireClient& client, int times) {
    for (int i = 0; i < times; ++i) client.send_text(bob.user_id(), "once", kKey);
    for (int i = 0; i < times; ++i) {
      EXPECT_EQ(client.expect<IMMsgDataAck>().msg_id(), 1u);
      ++acks;
    }
  };
  WireClient mobile(cluster.client_port("msg_server_1"));
  mobile.log_in("alice", kMobile);
  {
    WireClient alice(cluster.client_port("msg_server_0"));
    alice.log_in("alice");
    await_online(alice, bob.user_id());
    await_online(alice, mobile.user_id());
    resend(alice, 30);
    EXPECT_EQ(mobile.expect<IMMsgData>().msg_id(), 1u);
    resend(mobile, 30);
    for (int i = 0; i < 10; ++i) alice.send_text(bob.user_id(), "once", kKey);
    cluster.kill9("msg_server_0");
  }
  cluster.start();
  WireClient alice(cluster.client_port("msg_server_0"));
  alice.log_in("alice");
  await_online(alice, bob.user_id());
  resend(alice, 40);
  EXPECT_EQ(acks, 100u);

  // Another's same key is another message.
  EXPECT_EQ(bob.tell(alice.user_id(), "from bob", kKey).msg_id(), 2u);
  EXPECT_EQ(alice.tell(bob.user_id(), "last").msg_id(), 3u);
  EXPECT_EQ(next_ids(bob, 2), (std::vector<uint32_t>{1, 3}));
  EXPECT_EQ(next_ids(mobile, 2), (std::vector<uint32_t>{2, 3}));
  for (WireClient* client : {&bob, &mobile}) {
    client->sync();
    EXPECT_EQ(client->waiting<IMMsgData>(), 0u);
  }
  EXPECT_EQ(ids_of(page_of(bob, alice.user_id(), 0, 100)), (std::vector<uint32_t>{3, 2, 1}));
  EXPECT_EQ(unread_of(bob).total_cnt(), 2u);
  leave(bob);
  leave(mobile);
  oracle.expect_unharmed({{"logged_out", 2}});
}

}  // namespace
}  // namespace talkbeat::scenario
