// The stream of PDUs itself: cut anywhere, with commands that nobody knows, and heartbeats.
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>

#include "proto/group.pb.h"
#include "tests/scenario/oracle.h"
#include "tests/scenario/requests.h"
#include "tests/scenario/sockets.h"

namespace talkbeat::scenario {
namespace {

using IM::Message::IMMsgDataAck;
using IM::Other::IMHeartBeat;

constexpr uint16_t kFirstSeq = 10'000;
constexpr uint16_t kRequests = 500;

// 500 requests of many kinds, with the seq_nums from kFirstSeq on; each has exactly one answer.
std::string conversation(const WireClient& client, uint32_t peer) {
  std::string all;
  for (uint16_t i = 0; i < kRequests; ++i) {
    const auto seq = static_cast<uint16_t>(kFirstSeq + i);
    switch (i % 8) {
      case 0:
        all += encode(text_to(client, peer, "message " + std::to_string(i)), seq);
        break;
      case 1:
        all += encode(IMHeartBeat(), seq);
        break;
      case 2:
        all += encode(text_to(client, peer, ""), seq);
        break;
      case 3:
        all += encode(about<IM::Message::IMGetLatestMsgIdReq>(client, 4'000'000), seq);
        break;
      case 4:
        all += encode(text_to(client, client.user_id(), "myself"), seq);
        break;
      case 5:
        all += encode(text_to(client, 4'000'000, "nobody"), seq);
        break;
      case 6: {
        IM::Buddy::IMUsersInfoReq request;
        request.set_user_id(client.user_id());
        request.add_user_id_list(peer);
        all += encode(request, seq);
        break;
      }
      case 7: {
        IM::Group::IMNormalGroupListReq request;
        request.set_user_id(client.user_id());
        all += encode(request, seq);
        break;
      }
    }
  }
  return all;
}

// The answers in the order of their requests: types may overtake each other. Of an ack only what does not depend on how
// much was said before.
std::vector<std::string> answers_of(WireClient& client, uint32_t messages_before) {
  wait_until("all are answered", [&] {
    client.sync();
    return client.inbox().size() >= kRequests;
  });
  std::deque<Pdu> inbox = client.inbox();
  std::ranges::stable_sort(inbox, {}, [](const Pdu& pdu) { return pdu.header.seq_num; });
  std::vector<std::string> answers;
  for (Pdu& pdu : inbox) {
    if (pdu.header.command_id == kCommandOf<IMMsgDataAck>) {
      IMMsgDataAck ack;
      EXPECT_TRUE(ack.ParseFromString(pdu.body));
      ack.set_msg_id(ack.msg_id() - messages_before);
      pdu.body = ack.SerializeAsString();
    }
    answers.push_back(encode(pdu.header.command_id, pdu.header.seq_num, pdu.body));
  }
  return answers;
}

TEST(F5, pdus_get_the_same_answers_however_they_are_cut) {
  RowCluster cluster({"client.max_pending_requests=1000"}, 2);  // all that are sent at once
  Oracle oracle(cluster);
  WireClient bob(cluster.client_port("msg_server_1"));
  bob.log_in("bob");
  std::vector<std::string> in_one_write;
  uint32_t before = 0;
  for (const size_t piece : {size_t{1} << 20, size_t{1}, size_t{7}, size_t{15}, size_t{17}, size_t{1000}}) {
    WireClient alice(cluster.client_port("msg_server_0"));
    alice.log_in("alice", kMobile);
    await_online(alice, bob.user_id());
    const std::string all = conversation(alice, bob.user_id());
    for (size_t at = 0; at < all.size(); at += piece) alice.send_raw(std::string_view(all).substr(at, piece));
    const std::vector<std::string> answers = answers_of(alice, before);
    EXPECT_EQ(answers.size(), kRequests);
    if (in_one_write.empty()) in_one_write = answers;
    EXPECT_TRUE(answers == in_one_write) << "in pieces of " << piece;
    const uint32_t now = latest_id_of(bob, alice.user_id());
    EXPECT_EQ(now - before, (kRequests + 7) / 8u);
    before = now;
    leave(alice);
  }
  for (uint32_t i = 0; i < before; ++i) EXPECT_EQ(bob.expect<IM::Message::IMMsgData>().msg_id(), i + 1);
  oracle.expect_unharmed({{"logged_out", 6}});
}

// Unknown ones, answers, and what only servers say.
TEST(Stream, the_third_command_that_a_client_may_not_send_closes_the_connection) {
  Cluster cluster;
  WireClient bob(cluster.client_port("msg_server_1"));
  bob.log_in("bob");
  const std::vector<std::vector<std::string>> rounds{
      {encode(0x0000, 0, ""), encode(0x03ff, 0, ""), encode(0xffff, 0, "")},
      {encode(0x0104, 0, ""), encode(0x0107, 0, ""), encode(0x0304, 0, "")},
      {encode(0x0702, 0, ""), encode(0x0709, 0, ""), encode(0x070d, 0, "")},
      {encode(0x0901, 0, ""), encode(0x0903, 0, ""), encode(0x0906, 0, "")},
  };
  for (size_t round = 0; round < rounds.size(); ++round) {
    WireClient alice(cluster.client_port("msg_server_0"));
    alice.log_in("alice");
    for (size_t i = 0; i < rounds[round].size(); ++i) {
      EXPECT_FALSE(alice.closed()) << "round " << round;
      alice.send_raw(rounds[round][i]);
      alice.expect_error(ERROR_UNKNOWN_COMMAND);
      if (i < 2) alice.sync();
    }
    alice.expect_close();
  }
  bob.sync();
  EXPECT_TRUE(bob.inbox().empty()) << shown(bob.inbox().front());
}

TEST(Stream, a_heartbeat_is_echoed_in_16_bytes_and_on_request_with_the_time_and_what_is_unread) {
  Cluster cluster;
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_1"));
  const auto echo = [](WireClient& client, uint16_t seq) {
    const std::string beat = encode(IMHeartBeat(), seq);
    EXPECT_EQ(beat.size(), kPduHeaderSize);
    client.send_raw(beat);
    const auto answer = client.expect<IMHeartBeat>(seq);
    EXPECT_EQ(answer.ByteSizeLong(), 0u);
  };
  echo(alice, 42);  // before the login, too
  alice.log_in("alice");
  bob.log_in("bob");
  echo(alice, 0);
  alice.tell(bob.user_id(), "one");
  echo(alice, 65535);
  IMHeartBeat curious;
  curious.set_want_status(true);
  const auto answer = bob.ask<IMHeartBeat>(curious);
  EXPECT_NEAR(answer.server_time(), static_cast<double>(std::time(nullptr)), 60);
  EXPECT_TRUE(answer.has_unread_total());
  EXPECT_EQ(answer.unread_total(), 1u);
}

}  // namespace
}  // namespace talkbeat::scenario
