// What is unread, and the list of recent conversations, with all devices of a user kept alike.
#include <gtest/gtest.h>

#include "tests/scenario/cluster.h"
#include "tests/scenario/requests.h"

namespace talkbeat::scenario {
namespace {

using IM::Buddy::IMRemoveSessionNotify;
using IM::Buddy::IMRemoveSessionReq;
using IM::Buddy::IMRemoveSessionRsp;
using IM::Message::IMMsgData;
using IM::Message::IMMsgDataAck;
using IM::Message::IMMsgDataReadAck;
using IM::Message::IMMsgDataReadNotify;

void read_up_to(WireClient& client, uint32_t peer, uint32_t msg_id) {
  auto ack = about<IMMsgDataReadAck>(client, peer);
  ack.set_msg_id(msg_id);
  client.send(ack);
}

// A read ack has no answer: it counts when it counts.
void await_unread(WireClient& client, uint32_t total) {
  wait_until(std::to_string(total) + " are unread", [&] { return unread_of(client).total_cnt() == total; });
}

uint32_t unread_by_heartbeat(WireClient& client) {
  IM::Other::IMHeartBeat curious;
  curious.set_want_status(true);
  return client.ask<IM::Other::IMHeartBeat>(curious).unread_total();
}

TEST(Unread, what_is_read_on_one_device_is_read_on_all_and_ones_own_messages_never_count) {
  Cluster cluster;
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_1"));
  WireClient bob_mobile(cluster.client_port("msg_server_0"));
  alice.log_in("alice");
  bob.log_in("bob", kPc);
  bob_mobile.log_in("bob", kMobile);
  await_online(bob_mobile, alice.user_id());
  for (WireClient* client : {&alice, &bob}) await_online(*client, bob.user_id());
  for (const char* text : {"one", "two", "three"}) alice.tell(bob.user_id(), text);

  const auto all = unread_of(bob);
  EXPECT_EQ(all.total_cnt(), 3u);
  ASSERT_EQ(all.unreadinfo_list_size(), 1);
  const auto& info = all.unreadinfo_list(0);
  EXPECT_EQ(info.session_id(), alice.user_id());
  EXPECT_EQ(info.session_type(), IM::BaseDefine::SESSION_TYPE_SINGLE);
  EXPECT_EQ(info.unread_cnt(), 3u);
  EXPECT_EQ(info.latest_msg_id(), 3u);
  EXPECT_EQ(info.latest_msg_data(), "three");
  EXPECT_EQ(info.latest_msg_type(), IM::BaseDefine::MSG_TYPE_SINGLE_TEXT);
  EXPECT_EQ(info.latest_msg_from_user_id(), alice.user_id());
  EXPECT_EQ(unread_by_heartbeat(bob), 3u);
  EXPECT_EQ(unread_of(alice).total_cnt(), 0u);
  EXPECT_EQ(unread_of(alice).unreadinfo_list_size(), 0);

  auto delivered = about<IMMsgDataAck>(bob, alice.user_id());
  delivered.set_msg_id(3);
  bob.send(delivered);
  bob.sync();
  EXPECT_EQ(unread_of(bob).total_cnt(), 3u) << "a delivery ack is no read ack";

  read_up_to(bob_mobile, alice.user_id(), 2);
  const auto notify = bob.expect<IMMsgDataReadNotify>();
  EXPECT_EQ(notify.user_id(), bob.user_id());
  EXPECT_EQ(notify.session_id(), alice.user_id());
  EXPECT_EQ(notify.msg_id(), 2u);
  EXPECT_EQ(notify.session_type(), IM::BaseDefine::SESSION_TYPE_SINGLE);
  EXPECT_EQ(unread_of(bob).total_cnt(), 1u);
  EXPECT_EQ(unread_by_heartbeat(bob_mobile), 1u);

  read_up_to(bob, alice.user_id(), 1);  // what has been read stays read, and is no news
  read_up_to(bob, alice.user_id(), 3);
  EXPECT_EQ(bob_mobile.expect<IMMsgDataReadNotify>().msg_id(), 3u);
  await_unread(bob, 0);
  EXPECT_EQ(unread_of(bob).unreadinfo_list_size(), 0);
  bob.tell(alice.user_id(), "four");
  EXPECT_EQ(unread_of(bob).total_cnt(), 0u);
  EXPECT_EQ(unread_of(alice).total_cnt(), 1u);
  alice.tell(bob.user_id(), "five");
  EXPECT_EQ(unread_of(bob).total_cnt(), 1u);
  EXPECT_EQ(unread_of(alice).total_cnt(), 1u) << "writing is not reading";
  read_up_to(bob, alice.user_id(), 0xffffffff);
  await_unread(bob, 0);
  alice.tell(bob.user_id(), "six");
  EXPECT_EQ(unread_of(bob).total_cnt(), 1u) << "nobody can have read what was not there yet";

  for (WireClient* client : {&alice, &bob, &bob_mobile}) client->sync();
  EXPECT_EQ(alice.waiting<IMMsgDataReadNotify>(), 0u);
  EXPECT_EQ(bob.waiting<IMMsgDataReadNotify>(), 0u);
}

IMRemoveSessionRsp remove(WireClient& client, uint32_t peer) {
  return client.ask<IMRemoveSessionRsp>(about<IMRemoveSessionReq>(client, peer));
}

TEST(Recent, a_removed_conversation_stays_away_on_all_devices_until_the_next_message_in_it) {
  ClusterOptions options;
  options.users = {"alice", "bob", "carol"};
  Cluster cluster(options);
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_1"));
  WireClient bob_mobile(cluster.client_port("msg_server_0"));
  WireClient carol(cluster.client_port("msg_server_1"));
  alice.log_in("alice");
  bob.log_in("bob", kPc);
  bob_mobile.log_in("bob", kMobile);
  carol.log_in("carol");
  await_online(bob_mobile, carol.user_id());
  await_online(carol, alice.user_id());
  const uint32_t a = alice.user_id();
  const uint32_t c = carol.user_id();
  using Peers = std::vector<uint32_t>;

  EXPECT_EQ(recent_peers_of(bob), Peers{});
  alice.tell(bob.user_id(), "from alice");
  carol.tell(bob.user_id(), "from carol");
  EXPECT_EQ(recent_peers_of(bob), (Peers{c, a})) << "the newest comes first";
  bob.tell(a, "to alice");
  const auto recent = recent_of(bob);
  ASSERT_EQ(recent.contact_session_list_size(), 2);
  const auto& newest = recent.contact_session_list(0);
  EXPECT_EQ(newest.session_id(), a);
  EXPECT_EQ(newest.session_type(), IM::BaseDefine::SESSION_TYPE_SINGLE);
  EXPECT_EQ(newest.session_status(), IM::BaseDefine::SESSION_STATUS_OK);
  EXPECT_EQ(newest.latest_msg_id(), 2u);
  EXPECT_EQ(newest.latest_msg_data(), "to alice");
  EXPECT_EQ(newest.latest_msg_from_user_id(), bob.user_id());

  // Since: strictly later than that second.
  EXPECT_EQ(recent_peers_of(bob, newest.updated_time()), Peers{});
  EXPECT_EQ(recent_peers_of(bob, recent.contact_session_list(1).updated_time() - 1), (Peers{a, c}));
  wait_until("a second has passed", [&] {
    return bob.ask<IM::Message::IMClientTimeRsp>(IM::Message::IMClientTimeReq()).server_time() > newest.updated_time();
  });
  carol.tell(bob.user_id(), "later");
  EXPECT_EQ(recent_peers_of(bob, newest.updated_time()), (Peers{c}));

  const auto removed = remove(bob_mobile, a);
  EXPECT_EQ(removed.result_code(), 0u);
  EXPECT_EQ(removed.user_id(), bob.user_id());
  EXPECT_EQ(removed.session_id(), a);
  EXPECT_EQ(removed.session_type(), IM::BaseDefine::SESSION_TYPE_SINGLE);
  const auto notify = bob.expect<IMRemoveSessionNotify>();
  EXPECT_EQ(notify.user_id(), bob.user_id());
  EXPECT_EQ(notify.session_id(), a);
  EXPECT_EQ(notify.session_type(), IM::BaseDefine::SESSION_TYPE_SINGLE);
  for (WireClient* client : {&bob, &bob_mobile}) EXPECT_EQ(recent_peers_of(*client), (Peers{c}));
  EXPECT_EQ(recent_peers_of(alice), (Peers{bob.user_id()})) << "it is bob's list only";
  EXPECT_EQ(ids_of(page_of(bob, a, 0, 10)), (std::vector<uint32_t>{2, 1})) << "the history stays";

  EXPECT_EQ(alice.tell(bob.user_id(), "again").msg_id(), 3u);
  for (WireClient* client : {&bob, &bob_mobile}) EXPECT_EQ(recent_peers_of(*client), (Peers{a, c}));
  bob.expect_error(ERROR_INVALID_ARGUMENT, bob.send(about<IMRemoveSessionReq>(bob, 4'000'000)));
  for (WireClient* client : {&alice, &bob, &bob_mobile, &carol}) {
    client->sync();
    EXPECT_EQ(client->waiting<IMRemoveSessionNotify>(), 0u);
  }
}

}  // namespace
}  // namespace talkbeat::scenario
