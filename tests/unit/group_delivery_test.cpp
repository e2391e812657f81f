// What Delivery does for groups; delivery_test.cpp has the rest.
#include <gmock/gmock.h>

#include "msg_server/wire_records.h"
#include "tests/unit/group_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class GroupDeliveryTest : public GroupTest {
 protected:
  TbRelay relay_of(UserId from, GroupId group, const std::string& text, const Appended& stored) {
    TbRelay relay;
    relay.set_group_id(group);
    relay.set_group_version(stored.group_version);
    relay.set_pdu(text_of(encode_pdu(wire_message(sent(from, group, text), stored)).bytes()));
    relay.set_message_sequence(stored.sequence);
    return relay;
  }
  void relay_elsewhere(UserId from, GroupId group, const std::string& text) {
    delivery.relayed(relay_of(from, group, text, store_elsewhere(from, group, text)));
  }
  void time_for_a_sweep() {
    run_for(Delivery::kRetryMs);
    for (int i = 0; i < 5; ++i) step();
  }
};

TEST_F(GroupDeliveryTest, a_message_reaches_all_sessions_of_all_members_but_the_one_that_sent_it) {
  const GroupId group = add_group(alice, {bob, carol});
  const auto sender = log_in("alice");
  const auto senders_phone = log_in("alice", CLIENT_TYPE_ANDROID);
  const auto member = log_in("bob");
  const auto members_phone = log_in("bob", CLIENT_TYPE_IOS);
  const auto stranger = log_in("dave");
  sender->send(group_message(group, "hello", 77));
  const auto ack = expect<IMMsgDataAck>(*sender);
  EXPECT_EQ(ack.msg_id(), 1u);
  EXPECT_EQ(ack.session_id(), group);
  EXPECT_EQ(ack.session_type(), SESSION_TYPE_GROUP);
  for (TestClient* client : {senders_phone.get(), member.get(), members_phone.get()}) {
    const auto got = expect<IMMsgData>(*client);
    EXPECT_EQ(got.from_user_id(), alice);
    EXPECT_EQ(got.to_session_id(), group);
    EXPECT_EQ(got.msg_type(), MSG_TYPE_GROUP_TEXT);
    EXPECT_EQ(got.msg_data(), "hello");
    EXPECT_EQ(got.client_msg_key(), 77u);
  }
  EXPECT_EQ(messages_of(*sender), 0u);
  EXPECT_EQ(messages_of(*stranger), 0u);
  ASSERT_FALSE(bus.relayed.empty());
  EXPECT_THAT(bus.relayed.back().users, ElementsAre(alice, bob, carol)) << "a small group's members are named";
  EXPECT_TRUE(bus.relayed.back().sequence);
  EXPECT_THAT(bus.to_groups, IsEmpty());
}

TEST_F(GroupDeliveryTest, whoever_is_no_member_is_refused_and_nothing_is_delivered) {
  const GroupId group = add_group(alice, {bob});
  const auto stranger = log_in("dave");
  const auto member = log_in("bob");
  for (const GroupId id : {group, group + 1, 0u, 0xffffffffu}) {
    stranger->send(group_message(id, "hello"));
    expect_error(*stranger, ERROR_NOT_MEMBER);
  }
  EXPECT_EQ(messages_of(*member), 0u);
  EXPECT_THAT(bus.to_groups, IsEmpty());
}

TEST_F(GroupDeliveryTest, a_group_of_the_number_of_a_user_is_another_conversation) {
  const GroupId group = add_group(alice, {bob});
  const auto sender = log_in("alice");
  sender->send(group_message(group, "to the group"));
  EXPECT_EQ(expect<IMMsgDataAck>(*sender).msg_id(), 1u);
  EXPECT_EQ(watchers.watched_users(), 0u) << "a group's id is no user's";
}

TEST_F(GroupDeliveryTest, a_large_group_is_relayed_as_such_and_reaches_its_members_here) {
  std::vector<UserId> members = add_users(Delivery::kNamedMembers);
  members.push_back(bob);
  const GroupId group = add_group(alice, members);
  const auto sender = log_in("alice");
  const auto member = log_in("bob");
  const auto stranger = log_in("dave");
  sender->send(group_message(group, "hello"));
  expect<IMMsgDataAck>(*sender);
  EXPECT_THAT(texts_of(*member), ElementsAre("hello"));
  EXPECT_EQ(messages_of(*stranger), 0u);
  ASSERT_EQ(bus.to_groups.size(), 1u);
  EXPECT_EQ(bus.to_groups[0].group, group);
  EXPECT_EQ(bus.to_groups[0].version, 1u);
  EXPECT_TRUE(bus.to_groups[0].sequence);
  EXPECT_EQ(bus.to_groups[0].except, 0u);
}

TEST_F(GroupDeliveryTest, many_messages_cost_one_load) {
  const GroupId group = add_group(alice, {bob});
  const auto sender = log_in("alice");
  const auto member = log_in("bob");
  for (int i = 0; i < 9; ++i) sender->send(group_message(group, std::to_string(i)));
  EXPECT_THAT(texts_of(*member), ElementsAre("0", "1", "2", "3", "4", "5", "6", "7", "8"));
  EXPECT_EQ(groups.stats().loads, 1u);
}

TEST_F(GroupDeliveryTest, a_change_on_another_server_counts_from_the_next_message_on) {
  const GroupId group = add_group(alice, {bob, carol});
  const auto sender = log_in("alice");
  const auto member = log_in("bob");
  const auto other = log_in("carol");
  const auto newcomer = log_in("dave");
  sender->send(group_message(group, "one"));
  expect<IMMsgDataAck>(*sender);
  change(group, false, {carol});
  change(group, true, {dave});
  sender->send(group_message(group, "two"));
  expect<IMMsgDataAck>(*sender);
  EXPECT_THAT(texts_of(*member), ElementsAre("one", "two"));
  EXPECT_THAT(texts_of(*other), ElementsAre("one"));
  EXPECT_THAT(texts_of(*newcomer), ElementsAre("two"));
}

TEST_F(GroupDeliveryTest, a_relayed_message_of_before_the_joining_is_not_the_newcomers) {
  const GroupId group = add_group(alice, {bob});
  const auto member = log_in("bob");
  const auto newcomer = log_in("dave");
  const Appended before = store_elsewhere(alice, group, "before");
  change(group, true, {dave});
  const Appended after = store_elsewhere(alice, group, "after");
  // The later one comes first, and brings the newer version with it.
  delivery.relayed(relay_of(alice, group, "after", after));
  delivery.relayed(relay_of(alice, group, "before", before));
  EXPECT_THAT(texts_of(*member), UnorderedElementsAre("before", "after"));
  EXPECT_THAT(texts_of(*newcomer), ElementsAre("after"));
}

TEST_F(GroupDeliveryTest, a_message_is_delivered_once_whatever_brings_it) {
  const GroupId group = add_group(alice, {bob});
  const auto member = log_in("bob");
  const Appended stored = store_elsewhere(alice, group, "hello");
  const TbRelay relay = relay_of(alice, group, "hello", stored);
  delivery.relayed(relay);  // by two login_servers
  delivery.relayed(relay);
  delivery.sweep(0);
  EXPECT_EQ(messages_of(*member), 1u);
  delivery.relayed(relay);
  delivery.sweep(0);
  EXPECT_EQ(messages_of(*member), 1u);
}

TEST_F(GroupDeliveryTest, a_message_sent_again_with_its_key_is_acked_again_and_delivered_once) {
  const GroupId group = add_group(alice, {bob});
  const auto sender = log_in("alice");
  const auto member = log_in("bob");
  for (int i = 0; i < 3; ++i) {
    sender->send(group_message(group, "hello", 5));
    EXPECT_EQ(expect<IMMsgDataAck>(*sender).msg_id(), 1u);
  }
  EXPECT_EQ(messages_of(*member), 1u);
}

TEST_F(GroupDeliveryTest, messages_that_wait_for_the_members_keep_their_order) {
  const GroupId group = add_group(alice, {bob});
  const auto member = log_in("bob");
  std::vector<TbRelay> relays;
  for (const char* text : {"one", "two", "three"}) {
    relays.push_back(relay_of(alice, group, text, store_elsewhere(alice, group, text)));
  }
  hold_store = true;
  delivery.relayed(relays[0]);
  delivery.relayed(relays[1]);
  EXPECT_EQ(messages_of(*member), 0u);
  EXPECT_EQ(groups.waiting(), 2u);
  hold_store = false;
  delivery.relayed(relays[2]);
  EXPECT_THAT(texts_of(*member), ElementsAre("one", "two", "three"));
}

TEST_F(GroupDeliveryTest, who_logs_in_while_a_message_waits_fetches_it_and_does_not_get_it_twice) {
  const GroupId group = add_group(alice, {bob});
  const Appended stored = store_elsewhere(alice, group, "hello");
  const auto late = log_in("bob");
  delivery.relayed(relay_of(alice, group, "hello", stored));
  EXPECT_EQ(messages_of(*late), 0u);
}

TEST_F(GroupDeliveryTest, a_sweep_brings_groups_messages_from_the_joining_and_from_the_login_on) {
  const GroupId group = add_group(alice, {bob});
  store_elsewhere(alice, group, "before bob's login");
  const auto member = log_in("bob");
  const auto newcomer = log_in("dave");
  store_elsewhere(alice, group, "before dave's joining");
  change(group, true, {dave});
  store_elsewhere(alice, group, "after it");
  delivery.sweep(0);
  EXPECT_THAT(texts_of(*member), ElementsAre("before dave's joining", "after it"));
  EXPECT_THAT(texts_of(*newcomer), ElementsAre("after it"));
  EXPECT_EQ(delivery.swept_messages(), 3u);
}

TEST_F(GroupDeliveryTest, a_sweep_that_is_for_nobody_here_is_not_remembered) {
  const GroupId group = add_group(alice, {bob});
  const auto stranger = log_in("dave");
  store_elsewhere(alice, group, "hello");
  delivery.sweep(0);
  for (int i = 0; i < 3; ++i) step();
  EXPECT_EQ(delivery.first_times(), 0u);
  EXPECT_EQ(ledger.of(LedgerEntry::kKnown), 1u);
}

TEST_F(GroupDeliveryTest, a_message_that_a_sweep_overtakes_does_not_come_back_to_the_session_that_sent_it) {
  const GroupId group = add_group(alice, {bob});
  const auto sender = log_in("alice");
  const auto senders_phone = log_in("alice", CLIENT_TYPE_ANDROID);
  sender->send(group_message(group, "hello"));
  hold_store = true;
  ASSERT_TRUE(until([&] { return store.pending_writes() == 1; }));
  writes.run_all();  // stored; nobody has heard of it yet
  delivery.sweep(0);
  reads.run_all();  // the page of the sweep
  hold_store = false;
  expect<IMMsgDataAck>(*sender);
  EXPECT_EQ(messages_of(*sender), 0u);
  EXPECT_EQ(messages_of(*senders_phone), 1u);
}

TEST_F(GroupDeliveryTest, nothing_of_a_deleted_group_is_delivered) {
  const GroupId group = add_group(alice, {bob});
  const auto member = log_in("bob");
  const Appended stored = store_elsewhere(alice, group, "last words");
  elsewhere([&](Database& db) { return db.delete_group(group); });
  delivery.relayed(relay_of(alice, group, "last words", stored));
  delivery.sweep(0);
  EXPECT_EQ(messages_of(*member), 0u);
  time_for_a_sweep();
  EXPECT_EQ(delivery.delayed_messages(), 0u) << "nothing to wait for";
}

TEST_F(GroupDeliveryTest, where_the_store_cannot_say_who_the_members_are_a_sweep_brings_the_message_later) {
  const GroupId group = add_group(alice, {bob});
  const auto member = log_in("bob");
  const Appended stored = store_elsewhere(alice, group, "hello");
  while (reads.try_submit([] { return Task(); })) {
  }
  hold_store = true;
  delivery.relayed(relay_of(alice, group, "hello", stored));  // refused as busy
  for (int i = 0; i < 3; ++i) step();
  EXPECT_EQ(delivery.delayed_messages(), 1u);
  hold_store = false;
  step();
  EXPECT_EQ(messages_of(*member), 0u);
  time_for_a_sweep();
  EXPECT_THAT(texts_of(*member), ElementsAre("hello"));
  time_for_a_sweep();
  EXPECT_EQ(messages_of(*member), 0u);
}

TEST_F(GroupDeliveryTest, past_the_number_that_may_wait_messages_come_by_a_sweep_and_none_is_lost) {
  const GroupId group = add_group(alice, {bob});
  const auto member = log_in("bob");
  constexpr size_t kWaiting = GroupCache::Limits().waiting / 4;
  const size_t count = kWaiting + 20;
  std::vector<TbRelay> relays;
  for (size_t i = 0; i < count; ++i) {
    const std::string text = std::to_string(i);
    relays.push_back(relay_of(alice, group, text, store_elsewhere(alice, group, text)));
  }
  hold_store = true;
  for (const TbRelay& relay : relays) delivery.relayed(relay);
  EXPECT_EQ(groups.waiting(), kWaiting);
  EXPECT_EQ(delivery.delayed_messages(), 20u);
  hold_store = false;
  std::vector<std::string> texts = texts_of(*member);
  EXPECT_EQ(texts.size(), kWaiting);
  time_for_a_sweep();
  for (std::string& text : texts_of(*member)) texts.push_back(std::move(text));
  ASSERT_EQ(texts.size(), count);
  for (size_t i = 0; i < count; ++i) EXPECT_EQ(texts[i], std::to_string(i));
}

TEST_F(GroupDeliveryTest, a_sweep_that_fails_is_tried_again) {
  const GroupId group = add_group(alice, {bob});
  const auto member = log_in("bob");
  store_elsewhere(alice, group, "hello");
  while (reads.try_submit([] { return Task(); })) {
  }
  delivery.sweep(0);
  step();
  EXPECT_EQ(messages_of(*member), 0u);
  time_for_a_sweep();
  EXPECT_THAT(texts_of(*member), ElementsAre("hello"));
}

TEST_F(GroupDeliveryTest, a_relay_that_holds_no_message_is_ignored) {
  const GroupId group = add_group(alice, {bob});
  const auto member = log_in("bob");
  const Appended stored = store_elsewhere(alice, group, "hello");
  TbRelay relay = relay_of(alice, group, "hello", stored);
  for (const std::string& pdu :
       {std::string(), std::string("short"), relay.pdu().substr(0, 20), text_of(encode_pdu(IMHeartBeat()).bytes())}) {
    TbRelay broken = relay;
    broken.set_pdu(pdu);
    delivery.relayed(broken);
  }
  EXPECT_EQ(messages_of(*member), 0u);
  delivery.relayed(relay);
  EXPECT_EQ(messages_of(*member), 1u);
}

// Fewer sessions than members, and more: the directory is walked in one case, the group in the other.
TEST_F(GroupDeliveryTest, all_get_it_whichever_is_more_members_or_sessions) {
  std::vector<UserId> members = add_users(50);
  members.insert(members.end(), {alice, bob});
  const GroupId large = add_group(0, members);
  const GroupId small = add_group(0, {bob});
  const auto one = log_in("alice");
  const auto two = log_in("bob");
  const auto three = log_in("carol");
  relay_elsewhere(members[0], large, "large");
  relay_elsewhere(bob, small, "small");
  EXPECT_THAT(texts_of(*one), ElementsAre("large"));
  EXPECT_THAT(texts_of(*two), ElementsAre("large", "small"));
  EXPECT_EQ(messages_of(*three), 0u);
}

TEST_F(GroupDeliveryTest, a_slow_reader_that_is_closed_on_the_way_does_not_disturb_the_others) {
  const GroupId group = add_group(alice, {bob, carol, dave});
  const auto slow = log_in("bob");
  const auto also_slow = log_in("carol");
  const auto quick = log_in("dave");
  for (const char* name : {"bob", "carol"}) {
    const UserId user = name == std::string("bob") ? bob : carol;
    Connection* connection = connections.find(users.local(user, ClientClass::kPc)->conn);
    connection->set_out_limits({.soft = 100, .hard = 100});
  }
  connections.find(users.local(dave, ClientClass::kPc)->conn)->set_out_limits({.soft = 1 << 30, .hard = 1 << 30});
  relay_elsewhere(alice, group, "now the members are known");
  EXPECT_EQ(messages_of(*quick), 1u);
  // Within one turn, and more than the system's buffers hold.
  constexpr size_t kMessages = 200;
  for (size_t i = 0; i < kMessages; ++i) relay_elsewhere(alice, group, std::string(100'000, 'x'));
  EXPECT_TRUE(until([&] {
    quick->receive();
    return quick->waiting<IMMsgData>() == kMessages + 1;
  }));
  expect_end(*slow);
  expect_end(*also_slow);
}

TEST_F(GroupDeliveryTest, watchers_hear_what_is_relayed_about_a_user_and_the_user_itself_does_not) {
  const auto watcher = log_in("alice");
  const auto self = log_in("bob");
  const auto stranger = log_in("carol");
  watchers.watch(users.local(alice, ClientClass::kPc)->conn, bob);
  watchers.watch(users.local(bob, ClientClass::kPc)->conn, bob);
  TbRelay relay;
  relay.set_watchers_of(bob);
  relay.set_pdu(text_of(encode_pdu(message(1, "news of bob")).bytes()));
  delivery.relayed(relay);
  EXPECT_THAT(texts_of(*watcher), ElementsAre("news of bob"));
  EXPECT_EQ(messages_of(*self), 0u);
  EXPECT_EQ(messages_of(*stranger), 0u);
  EXPECT_THAT(bus.to_watchers_of, IsEmpty());
  delivery.to_watchers(bob, encode_pdu(message(1, "more news")));
  EXPECT_THAT(texts_of(*watcher), ElementsAre("more news"));
  EXPECT_THAT(bus.to_watchers_of, ElementsAre(bob));
}

}  // namespace
}  // namespace talkbeat::msg_server_test
