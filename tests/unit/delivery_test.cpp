#include "msg_server/delivery.h"

#include <gmock/gmock.h>

#include "msg_server/wire_records.h"
#include "tests/unit/msg_server_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

class DeliveryTest : public MsgServerTest {
 protected:
  /// What another msg_server has stored.
  Appended store_elsewhere(UserId from, UserId to, const std::string& text) {
    EXPECT_TRUE(database->begin_batch().ok());
    const NewMessage sent{from, {ConversationKind::kSingle, to}, 1, text, clock.unix_seconds(), std::nullopt};
    const Appended stored = database->append(sent).value();
    EXPECT_TRUE(database->commit_batch().ok());
    return stored;
  }
  TbRelay relay_of(UserId from, UserId to, const std::string& text, const Appended& stored) {
    const NewMessage sent{from, {ConversationKind::kSingle, to}, 1, text, stored.created_at, std::nullopt};
    TbRelay relay;
    relay.add_user_ids(to);
    relay.add_user_ids(from);
    relay.set_pdu(text_of(encode_pdu(wire_message(sent, stored)).bytes()));
    relay.set_message_sequence(stored.sequence);
    return relay;
  }
  size_t messages_of(TestClient& client) {
    for (int i = 0; i < 3; ++i) step();
    sync(client);
    return client.waiting<IMMsgData>();
  }

  UserId alice = add_user("alice");
  UserId bob = add_user("bob");
  UserId carol = add_user("carol");
};

TEST_F(DeliveryTest, a_message_reaches_all_sessions_of_both_but_the_one_that_sent_it) {
  const auto sender = log_in("alice");
  const auto senders_phone = log_in("alice", CLIENT_TYPE_ANDROID);
  const auto receiver = log_in("bob");
  const auto receivers_phone = log_in("bob", CLIENT_TYPE_IOS);
  const auto bystander = log_in("carol");
  sender->send(message(bob, "hello", 77));
  const auto ack = expect<IMMsgDataAck>(*sender);
  EXPECT_EQ(ack.msg_id(), 1u);
  EXPECT_EQ(ack.session_id(), bob);
  for (TestClient* client : {senders_phone.get(), receiver.get(), receivers_phone.get()}) {
    const auto got = expect<IMMsgData>(*client);
    EXPECT_EQ(got.from_user_id(), alice);
    EXPECT_EQ(got.to_session_id(), bob);
    EXPECT_EQ(got.msg_data(), "hello");
    EXPECT_EQ(got.client_msg_key(), 77u);
  }
  EXPECT_EQ(messages_of(*sender), 0u);
  EXPECT_EQ(messages_of(*bystander), 0u);
  ASSERT_FALSE(bus.relayed.empty());
  EXPECT_EQ(bus.relayed.back().users, (std::vector<UserId>{bob, alice}));
  EXPECT_TRUE(bus.relayed.back().sequence);
}

TEST_F(DeliveryTest, a_message_is_delivered_once_whatever_brings_it) {
  const auto receiver = log_in("bob");
  const Appended stored = store_elsewhere(alice, bob, "hello");
  const TbRelay relay = relay_of(alice, bob, "hello", stored);
  delivery.relayed(relay);
  delivery.relayed(relay);
  delivery.sweep(0);
  ledger_is_whole = false;  // what follows was never stored here
  delivery.message(alice, bob, encode_pdu(message(bob, "hello")), stored.sequence, ConnId::kNone);
  EXPECT_EQ(messages_of(*receiver), 1u);
}

TEST_F(DeliveryTest, a_relay_after_the_sweep_delivers_nothing) {
  const auto receiver = log_in("bob");
  const Appended stored = store_elsewhere(alice, bob, "hello");
  delivery.sweep(0);
  EXPECT_EQ(messages_of(*receiver), 1u);
  EXPECT_EQ(delivery.swept_messages(), 1u);
  delivery.relayed(relay_of(alice, bob, "hello", stored));
  EXPECT_EQ(messages_of(*receiver), 1u);
}

TEST_F(DeliveryTest, a_message_sent_again_with_its_key_is_acked_again_and_delivered_once) {
  const auto sender = log_in("alice");
  const auto receiver = log_in("bob");
  for (int i = 0; i < 3; ++i) {
    sender->send(message(bob, "hello", 5));
    EXPECT_EQ(expect<IMMsgDataAck>(*sender).msg_id(), 1u);
  }
  EXPECT_EQ(messages_of(*receiver), 1u);
}

TEST_F(DeliveryTest, a_sweep_begins_after_the_given_sequence_and_reads_all_pages) {
  const auto receiver = log_in("bob");
  const Appended first = store_elsewhere(alice, bob, "before");
  for (int i = 0; i < 150; ++i) store_elsewhere(alice, bob, std::to_string(i));
  delivery.sweep(first.sequence);
  ASSERT_EQ(messages_of(*receiver), 150u);
  EXPECT_EQ(receiver->take<IMMsgData>()->msg_data(), "0");
}

TEST_F(DeliveryTest, a_sweep_that_is_asked_for_while_another_one_reads_begins_right_behind_it) {
  const Appended first = store_elsewhere(alice, bob, "once");
  const Tick begin = clock.now();
  delivery.sweep(first.sequence - 1);
  delivery.sweep(first.sequence - 1);
  ASSERT_TRUE(until([&] { return ledger.of(LedgerEntry::kSweptIn) == 2; }));
  EXPECT_LT(clock.now() - begin, 100);
}

TEST_F(DeliveryTest, what_a_sweep_reads_of_others_does_not_push_out_what_was_delivered_here) {
  const auto receiver = log_in("bob");
  Delivery small{connections, users, watchers, groups, store, bus, ledger, /*remembered=*/10};
  small.begin_at(0);
  ledger_is_whole = false;  // it counts in two places
  for (int i = 0; i < 50; ++i) store_elsewhere(alice, carol, "for others");
  small.relayed(relay_of(alice, bob, "hello", store_elsewhere(alice, bob, "hello")));
  EXPECT_EQ(messages_of(*receiver), 1u);
  small.sweep(0);
  EXPECT_EQ(messages_of(*receiver), 1u);
  EXPECT_EQ(small.swept_messages(), 0u);
}

TEST_F(DeliveryTest, a_message_that_is_sent_again_elsewhere_reaches_no_session_that_began_after_it) {
  const Appended stored = store_elsewhere(alice, bob, "hello");
  const auto receiver = log_in("bob");
  const auto senders_phone = log_in("alice", CLIENT_TYPE_ANDROID);
  ledger_is_whole = false;  // it was stored elsewhere
  delivery.message(alice, bob, encode_pdu(message(bob, "hello")), stored.sequence, ConnId::kNone);
  EXPECT_EQ(messages_of(*receiver), 0u);
  EXPECT_EQ(messages_of(*senders_phone), 0u);
}

TEST_F(DeliveryTest, a_sweep_brings_a_session_nothing_that_is_older_than_its_login) {
  store_elsewhere(alice, bob, "before");
  const auto receiver = log_in("bob");
  store_elsewhere(alice, bob, "after");
  delivery.sweep(0);
  ASSERT_EQ(messages_of(*receiver), 1u);
  EXPECT_EQ(receiver->take<IMMsgData>()->msg_data(), "after");
}

TEST_F(DeliveryTest, a_sweep_brings_nothing_that_is_older_than_the_server) {
  const auto receiver = log_in("bob");
  const Appended before = store_elsewhere(alice, bob, "before");
  delivery.begin_at(before.sequence);
  delivery.sweep(0);
  EXPECT_EQ(messages_of(*receiver), 0u);
}

TEST_F(DeliveryTest, a_sweep_does_not_tell_the_sender_its_own_message_before_the_ack) {
  const auto sender = log_in("alice");
  const auto receiver = log_in("bob");
  hold_store = true;
  sender->send(message(bob, "hello"));
  ASSERT_TRUE(until([&] { return store.pending_writes() == 1; }));
  const Appended swept = store_elsewhere(alice, bob, "elsewhere");
  delivery.sweep(swept.sequence - 1);
  reads.run_all();
  EXPECT_EQ(expect<IMMsgData>(*receiver).msg_data(), "elsewhere");
  EXPECT_EQ(messages_of(*sender), 0u);
  hold_store = false;
  expect<IMMsgDataAck>(*sender);
  // The ack is of another message: so it was her other device that sent this one.
  EXPECT_EQ(expect<IMMsgData>(*sender).msg_data(), "elsewhere");
  EXPECT_EQ(messages_of(*sender), 0u);
  EXPECT_EQ(expect<IMMsgData>(*receiver).msg_data(), "hello");
}

TEST_F(DeliveryTest, a_relay_for_one_class_reaches_that_class_only) {
  const auto pc = log_in("bob");
  const auto phone = log_in("bob", CLIENT_TYPE_ANDROID);
  TbRelay relay;
  relay.add_user_ids(bob);
  relay.set_pdu(text_of(encode_pdu(message(bob, "for phones")).bytes()));
  relay.set_client_class(1);
  delivery.relayed(relay);
  EXPECT_EQ(messages_of(*phone), 1u);
  EXPECT_EQ(messages_of(*pc), 0u);
}

TEST_F(DeliveryTest, the_message_of_a_sender_that_has_gone_is_delivered_all_the_same) {
  const auto sender = log_in("alice");
  const auto receiver = log_in("bob");
  hold_store = true;
  sender->send(message(bob, "last words"));
  ASSERT_TRUE(until([&] { return store.pending_writes() == 1; }));
  sender->close();
  ASSERT_TRUE(until([&] { return users.local(alice, ClientClass::kPc) == nullptr; }));
  hold_store = false;
  EXPECT_EQ(expect<IMMsgData>(*receiver).msg_data(), "last words");
}

}  // namespace
}  // namespace talkbeat::msg_server_test
