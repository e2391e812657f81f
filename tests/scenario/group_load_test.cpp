// Groups that are large, that change on two servers at once, or whose server dies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "tests/scenario/figures.h"
#include "tests/scenario/full.h"
#include "tests/scenario/group_requests.h"
#include "tests/scenario/oracle.h"
#include "tests/scenario/sockets.h"

namespace talkbeat::scenario {
namespace {

using IM::Message::IMMsgData;
using IM::Message::IMMsgDataAck;

void add_many(const Cluster& cluster, size_t count) {
  const Outcome added = cluster.talkctl(
      {"user", "add-many", "--prefix", "m", "--count", std::to_string(count), "--password", std::string(kPassword)});
  if (added.exit_code != 0) throw Unexpected("talkctl user add-many: " + added.err);
}

// Of m1, m2, …, as everybody can ask for them.
Ids ids_of_many(WireClient& client) {
  IM::Buddy::IMAllUserReq request;
  request.set_user_id(client.user_id());
  request.set_latest_update_time(0);
  const uint16_t seq = client.send(request);
  Ids ids;
  for (bool last = false; !last;) {
    const auto page = client.expect<IM::Buddy::IMAllUserRsp>(seq);
    for (const auto& user : page.user_list()) {
      if (user.user_domain().starts_with('m')) ids.push_back(user.user_id());
    }
    last = page.latest_update_time() != 0;
  }
  std::ranges::sort(ids);
  return ids;
}

void add_in_chunks(WireClient& client, uint32_t group, const Ids& users) {
  constexpr size_t kChunk = 1'000;
  for (size_t i = 0; i < users.size(); i += kChunk) {
    const auto first = users.begin() + static_cast<ptrdiff_t>(i);
    const auto last = users.begin() + static_cast<ptrdiff_t>(std::min(users.size(), i + kChunk));
    const auto added = add_members(client, group, Ids(first, last));
    ASSERT_EQ(added.result_code(), 0u);
  }
}

TEST(GroupLoad, two_servers_that_change_one_group_at_once_lose_no_change) {
  Cluster cluster;
  constexpr size_t kEach = 40;
  add_many(cluster, 2 * kEach);
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_1"));
  alice.log_in("alice");
  bob.log_in("bob");
  await_online(alice, bob.user_id());
  const Ids many = ids_of_many(alice);
  ASSERT_EQ(many.size(), 2 * kEach);
  const uint32_t group = create_group(alice, {bob.user_id()});
  for (size_t i = 0; i < kEach; ++i) {
    alice.send(change_of(alice, GROUP_MODIFY_TYPE_ADD, group, {many[i]}));
    bob.send(change_of(bob, GROUP_MODIFY_TYPE_ADD, group, {many[kEach + i]}));
  }
  std::set<size_t> sizes;
  for (WireClient* client : {&alice, &bob}) {
    for (size_t i = 0; i < kEach; ++i) {
      const auto changed = client->expect<IM::Group::IMGroupChangeMemberRsp>();
      EXPECT_EQ(changed.result_code(), 0u);
      EXPECT_EQ(changed.chg_user_id_list_size(), 1);
      sizes.insert(static_cast<size_t>(changed.cur_user_id_list_size()));
    }
  }
  EXPECT_EQ(sizes.size(), 2 * kEach) << "one after the other, each sees what came before";
  for (WireClient* client : {&alice, &bob}) {
    const auto info = info_of(*client, group);
    EXPECT_EQ(info.version(), 1 + 2 * kEach);
    EXPECT_EQ(info.group_member_list_size(), static_cast<int>(2 + 2 * kEach));
  }
  // Each has heard of the other's changes, bob of the creation too.
  for (size_t i = 0; i < kEach; ++i) {
    EXPECT_EQ(alice.expect<IMGroupChangeMemberNotify>().user_id(), bob.user_id());
  }
  for (size_t i = 0; i < kEach + 1; ++i) {
    EXPECT_EQ(bob.expect<IMGroupChangeMemberNotify>().user_id(), alice.user_id());
  }
}

TEST(GroupLoad, a_member_who_is_removed_while_writing_is_heard_up_to_then_and_no_further) {
  Cluster cluster;
  ASSERT_EQ(cluster.talkctl({"user", "add", "carol", "--password", std::string(kPassword)}).exit_code, 0);
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_0"));
  WireClient carol(cluster.client_port("msg_server_1"));
  alice.log_in("alice");
  bob.log_in("bob");
  carol.log_in("carol");
  await_online(carol, bob.user_id());
  const uint32_t group = create_group(alice, {bob.user_id(), carol.user_id()});
  constexpr size_t kSent = 300;
  std::map<uint16_t, std::string> sent;
  for (size_t i = 0; i < kSent; ++i) {
    const std::string text = std::to_string(i);
    sent[carol.send(text_to_group(carol, group, text))] = text;
    if (i == kSent / 3) alice.send(change_of(alice, GROUP_MODIFY_TYPE_DEL, group, {carol.user_id()}));
  }
  wait_until("all are answered", [&] {
    carol.sync();
    return carol.waiting<IMMsgDataAck>() + carol.waiting<TbError>() == kSent;
  });
  std::vector<std::string> acked;
  bool refused = false;
  for (const Pdu& pdu : carol.inbox()) {
    if (pdu.header.command_id == kCommandOf<IMMsgDataAck>) {
      EXPECT_FALSE(refused) << "accepted after a refusal";
      acked.push_back(sent[pdu.header.seq_num]);
    } else if (pdu.header.command_id == kCommandOf<TbError>) {
      TbError error;
      ASSERT_TRUE(error.ParseFromString(pdu.body));
      EXPECT_EQ(error.code(), ERROR_NOT_MEMBER);
      refused = true;
    }
  }
  EXPECT_EQ(alice.expect<IM::Group::IMGroupChangeMemberRsp>().result_code(), 0u);
  EXPECT_EQ(tell_group(alice, group, "the end"), acked.size() + 1);
  acked.emplace_back("the end");
  EXPECT_EQ(next_texts(bob, acked.size()), acked);
  auto page = group_page(bob, group);
  std::ranges::reverse(*page.mutable_msg_list());
  ASSERT_EQ(static_cast<size_t>(page.msg_list_size()), acked.size());
  for (size_t i = 0; i < acked.size(); ++i) EXPECT_EQ(page.msg_list(static_cast<int>(i)).msg_data(), acked[i]);
}

TEST(GroupLoad, a_group_of_10000_is_served_from_memory_on_both_servers) {
  Cluster cluster;
  add_many(cluster, 9'999);
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_1"));
  alice.log_in("alice");
  bob.log_in("bob");
  await_online(alice, bob.user_id());
  const Ids many = ids_of_many(alice);
  ASSERT_EQ(many.size(), 9'999u);
  const uint32_t group = create_group(alice, {bob.user_id()});
  add_in_chunks(alice, group, Ids(many.begin(), many.end() - 1));
  EXPECT_EQ(add_members(alice, group, {many.back()}).result_code(), static_cast<uint32_t>(ERROR_LIMIT_REACHED));

  std::vector<std::unique_ptr<WireClient>> members;
  for (int i = 1; i <= 6; ++i) {
    const std::string server = i % 2 == 0 ? "msg_server_0" : "msg_server_1";
    members.push_back(std::make_unique<WireClient>(cluster.client_port(server)));
    members.back()->log_in("m" + std::to_string(i));
  }
  for (WireClient* sender : {&alice, &bob}) {
    for (const auto& member : members) await_online(*sender, member->user_id());
  }
  const auto loads = [&](const char* server) { return figure(cluster, server, "talkbeat_group_loads"); };
  const double before = loads("msg_server_0") + loads("msg_server_1");
  constexpr size_t kMessages = 100;
  for (size_t i = 0; i < kMessages; ++i) {
    WireClient& sender = i % 2 == 0 ? alice : bob;
    EXPECT_EQ(tell_group(sender, group, std::to_string(i)), i + 1);
  }
  // Two senders on two servers: each one's own order stands.
  for (const auto& member : members) {
    size_t next[] = {0, 1};
    for (size_t i = 0; i < kMessages; ++i) {
      const size_t number = std::stoul(member->expect<IMMsgData>().msg_data());
      EXPECT_EQ(number, next[number % 2]);
      next[number % 2] += 2;
    }
    member->sync();
    EXPECT_EQ(member->waiting<IMMsgData>(), 0u);
  }
  EXPECT_LE(loads("msg_server_0") + loads("msg_server_1") - before, 2) << "at most once on each server";
  EXPECT_EQ(figure(cluster, "msg_server_0", "talkbeat_group_messages_delayed"), 0);

  // One who was not online has missed nothing, and one who leaves is heard of by all.
  WireClient late(cluster.client_port("msg_server_1"));
  late.log_in("m9998");
  EXPECT_EQ(group_unread(late, group), kMessages);
  EXPECT_EQ(group_page(late, group).msg_list_size(), static_cast<int>(kMessages));
  EXPECT_EQ(remove_members(late, group, {late.user_id()}).result_code(), 0u);
  for (const auto& member : members) {
    const auto notify = member->expect<IMGroupChangeMemberNotify>();
    EXPECT_EQ(notify.cur_user_id_list_size(), 9'999);
    EXPECT_EQ(ids_in(notify.chg_user_id_list()), Ids{late.user_id()});
  }
  tell_group(alice, group, "without her");
  for (const auto& member : members) EXPECT_EQ(member->expect<IMMsgData>().msg_data(), "without her");
  late.sync();
  EXPECT_EQ(late.waiting<IMMsgData>(), 0u);
}

// What msg_server_0 may take while its half of the members comes and some of them do not read: a session each, at the
// most what may wait for a stalled one (its hard limit and a message), and the password that is being checked.
long most_growth_kib(size_t members, size_t stalled) {
  constexpr size_t kSessionKib = 64;
  constexpr size_t kWaitingKib = 512 + 64;
  constexpr size_t kElseKib = 8 << 10;
  return static_cast<long>(members * kSessionKib + stalled * kWaitingKib + kElseKib) + kPasswordCheckKib;
}

// All 10,000 are online in full; else so few that it takes a moment. Nobody beats here, since one thread reads for all.
TEST(B4, members_that_do_not_read_are_closed_and_the_others_get_everything_in_order) {
  RowCluster cluster({"client.out_soft_limit=256KiB", "client.out_hard_limit=512KiB", "client.idle_timeout=1h",
                      "client.idle_timeout_mobile=1h", "store.page_cache=256KiB"},
                     2);
  const size_t kOnline = in_full<size_t>(20, 9'999);
  const size_t kStalled = kOnline / 10;
  add_many(cluster, 9'999);
  WireClient alice(cluster.client_port("msg_server_0"));
  alice.log_in("alice");
  const Ids many = ids_of_many(alice);
  const uint32_t group = create_group(alice, {many.front()});
  add_in_chunks(alice, group, Ids(many.begin() + 1, many.end()));
  Oracle oracle(cluster);
  const Closings& first = oracle.closings();
  const Closings second(cluster, "msg_server_1");
  std::vector<std::unique_ptr<WireClient>> members;
  for (size_t i = 0; i < kOnline; ++i) {
    const std::string server = i % 2 == 0 ? "msg_server_0" : "msg_server_1";
    members.push_back(std::make_unique<WireClient>(cluster.client_port(server)));
    if (i < kStalled) {
      const int smallest = 1;
      ::setsockopt(members.back()->socket().fd(), SOL_SOCKET, SO_RCVBUF, &smallest, sizeof smallest);
    }
    members.back()->log_in("m" + std::to_string(i + 1));
    await_online(alice, members.back()->user_id());
  }
  // Few members are through with them before a stalled one has been over the soft limit for its time: the hard one ends
  // it, which takes more than the kernel's buffers hold.
  const uint32_t kMessages = in_full<uint32_t>(150, 30);
  const std::string filling(60'000, 'x');
  for (uint32_t i = 1; i <= kMessages; ++i) {
    ASSERT_EQ(tell_group(alice, group, std::to_string(i) + filling), i);
    for (size_t k = kStalled; k < kOnline; ++k) {
      const auto heard = members[k]->expect<IMMsgData>();
      ASSERT_EQ(heard.msg_id(), i) << "member " << k;
      ASSERT_EQ(heard.msg_data().size(), std::to_string(i).size() + filling.size());
    }
  }
  EXPECT_EQ(first.so_far("slow_consumer") + second.so_far("slow_consumer"), kStalled);
  EXPECT_EQ(first.so_far().size(), 1u) << "closed for another reason";
  EXPECT_EQ(second.so_far().size(), kStalled > 1 ? 1u : 0u) << "closed for another reason";
  for (size_t k = kStalled; k < kOnline; ++k) members[k]->sync();
  // What they missed is in the history.
  WireClient back(cluster.client_port("msg_server_1"));
  back.log_in("m1");
  EXPECT_EQ(group_unread(back, group), kMessages);

  const size_t here = (kOnline + 1) / 2;
  const size_t stalled_here = (kStalled + 1) / 2;
  oracle.expect_growth_below(most_growth_kib(here, stalled_here));
  for (size_t k = kStalled; k < kOnline; ++k) leave(*members[k]);
  oracle.expect_unharmed({{"logged_out", here - stalled_here}, {"slow_consumer", stalled_here}});
}

// Somebody who writes to the group, and goes to the other server when this one dies.
struct Talker {
  std::string name;
  size_t home = 0;
  uint32_t group = 0;
  std::unique_ptr<WireClient> client = nullptr;
  std::map<uint16_t, std::string> in_flight = {};
  std::map<std::string, uint64_t> keys = {};  // of texts without an ack
  std::map<uint32_t, std::string> acked = {};

  void connect(const Cluster& cluster) {
    wait_until(name + " is logged in", [&] {
      const std::string server = "msg_server_" + std::to_string(home++ % 2);
      try {
        client = std::make_unique<WireClient>(cluster.client_port(server));
        client->log_in(name);
        return true;
      } catch (const Unexpected&) {
        return false;
      }
    });
  }
  void say(const std::string& text, uint64_t key) {
    keys[text] = key;
    try {
      in_flight[client->send(text_to_group(*client, group, text, key))] = text;
    } catch (const Unexpected&) {
      // The server has just died: it is sent again.
    }
  }
  void take_ack() {
    const uint16_t seq = in_flight.begin()->first;
    const auto ack = client->expect<IMMsgDataAck>(seq);
    const std::string text = in_flight[seq];
    acked[ack.msg_id()] = text;
    keys.erase(text);
    in_flight.erase(seq);
  }
  // Until all is acked, on whichever server.
  void finish(const Cluster& cluster) {
    while (!keys.empty()) {
      try {
        while (!in_flight.empty()) take_ack();
      } catch (const Unexpected&) {
        in_flight.clear();
      }
      if (keys.empty()) return;
      connect(cluster);
      const auto again = keys;
      for (const auto& [text, key] : again) say(text, key);
    }
  }
};

TEST(GroupLoad, no_message_of_a_group_is_lost_or_doubled_when_a_server_is_killed) {
  ClusterOptions options;
  options.settings = {"cluster.reconnect_first=50ms", "cluster.reconnect_max=200ms"};
  Cluster cluster(options);
  constexpr size_t kTalkers = 6;
  add_many(cluster, kTalkers);
  WireClient listener(cluster.client_port("msg_server_1"));
  listener.log_in("bob");
  const uint32_t group = create_group(listener, ids_of_many(listener));
  std::vector<Talker> talkers;
  for (size_t i = 0; i < kTalkers; ++i) {
    talkers.push_back({.name = "m" + std::to_string(i + 1), .home = i, .group = group});
    talkers.back().connect(cluster);
    await_online(listener, talkers.back().client->user_id());
  }
  constexpr size_t kRounds = 3;
  constexpr size_t kEach = 40;
  uint64_t key = 1'000;
  for (size_t round = 0; round < kRounds; ++round) {
    for (size_t i = 0; i < kEach; ++i) {
      for (Talker& talker : talkers) {
        talker.say(talker.name + " " + std::to_string(round) + " " + std::to_string(i), ++key);
      }
      if (i == kEach / 2) cluster.kill9("msg_server_0");
    }
    for (Talker& talker : talkers) talker.finish(cluster);
    cluster.start();
    wait_until("both are registered", [&] { return registered_servers(cluster) == 2; });
  }

  constexpr size_t kAll = kRounds * kEach * kTalkers;
  std::map<uint32_t, std::string> acked;
  for (const Talker& talker : talkers) acked.insert(talker.acked.begin(), talker.acked.end());
  ASSERT_EQ(acked.size(), kAll) << "two acks with one id";
  EXPECT_EQ(acked.rbegin()->first, kAll);
  std::map<uint32_t, std::string> stored;
  for (uint32_t begin = 0; stored.size() < kAll; begin = stored.begin()->first - 1) {
    const auto page = group_page(listener, group, begin);
    ASSERT_GT(page.msg_list_size(), 0);
    for (const auto& message : page.msg_list()) stored[message.msg_id()] = message.msg_data();
    if (stored.begin()->first == 1) break;
  }
  EXPECT_EQ(stored, acked);
  std::map<uint32_t, std::string> heard;
  while (heard.size() < kAll) {
    const auto message = listener.expect<IMMsgData>();
    EXPECT_TRUE(heard.emplace(message.msg_id(), message.msg_data()).second) << message.msg_id() << " came twice";
  }
  EXPECT_EQ(heard, acked);
  listener.sync();
  EXPECT_EQ(listener.waiting<IMMsgData>(), 0u);
}

}  // namespace
}  // namespace talkbeat::scenario
