#include "tests/contract/database_contract.h"

// What every database must do with messages.
namespace talkbeat {
namespace {

class MessageContract : public DatabaseContract {
 protected:
  void SetUp() override {
    DatabaseContract::SetUp();
    add_three_users();
  }

  std::vector<uint32_t> ids(const StoreResult<std::vector<Message>>& messages) {
    std::vector<uint32_t> found;
    for (const Message& message : messages.value()) found.push_back(message.msg_id);
    return found;
  }
};
INSTANTIATE_TEST_SUITE_P(Each, MessageContract, ::testing::ValuesIn(database_kinds()), kind_name);

using Ids = std::vector<uint32_t>;

TEST_P(MessageContract, ids_count_from_one_within_a_conversation_whoever_writes) {
  EXPECT_EQ(send(alice_, bob_, "1").msg_id, 1u);
  EXPECT_EQ(send(bob_, alice_, "2").msg_id, 2u);
  EXPECT_EQ(send(alice_, carol_, "other").msg_id, 1u);
  EXPECT_EQ(send(alice_, bob_, "3").msg_id, 3u);
}

TEST_P(MessageContract, sequences_ascend_over_all_conversations) {
  const Appended first = send(alice_, bob_, "1");
  const Appended second = send(carol_, bob_, "2");
  const Appended third = send(bob_, alice_, "3");
  EXPECT_GT(first.sequence, 0u);
  EXPECT_LT(first.sequence, second.sequence);
  EXPECT_LT(second.sequence, third.sequence);
  EXPECT_EQ(database_->latest_sequence().value(), third.sequence);
}

TEST_P(MessageContract, a_body_of_any_bytes_comes_back_unchanged) {
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte.push_back(static_cast<char>(i));
  const std::vector<std::string> bodies{every_byte, std::string(1, '\0'), "'; DROP TABLE messages; --",
                                        std::string(1 << 20, 'x')};
  for (const std::string& body : bodies) {
    send(alice_, bob_, body, 77);
    auto found = database_->messages_before(bob_, single(alice_), 0, 1);
    ASSERT_TRUE(found.ok());
    EXPECT_TRUE(found.value().at(0).body == body);
    EXPECT_EQ(found.value()[0].from, alice_);
    EXPECT_EQ(found.value()[0].created_at, 77);
  }
}

TEST_P(MessageContract, unknown_or_disabled_users_and_oneself_are_refused) {
  ASSERT_TRUE(write([&](Database& db) { return db.set_disabled(carol_, true, 1); }).ok());
  for (const auto& [from, to] : {std::pair{alice_, UserId{999}},
                                 {UserId{999}, alice_},
                                 {alice_, carol_},
                                 {carol_, alice_},
                                 {alice_, alice_},
                                 {alice_, UserId{0}}}) {
    auto refused = try_send(from, to, "x");
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error(), StoreError::kUnknownUser);
  }
  EXPECT_EQ(database_->latest_sequence().value(), 0u);
}

TEST_P(MessageContract, a_group_one_is_not_in_is_refused_and_is_not_the_user_of_that_number) {
  send(alice_, bob_, "a message between two is not the group's of the same number");
  expect_refused(write([&](Database& db) {
                   return db.append({alice_, group(bob_), 0x11, "x", 1, std::nullopt});
                 }),
                 StoreError::kNotMember);
  expect_refused(database_->messages_before(alice_, group(bob_), 0, 10), StoreError::kNotMember);
  expect_refused(database_->messages_by_id(alice_, group(bob_), Ids{1}), StoreError::kNotMember);
  expect_refused(database_->latest_msg_id(alice_, group(bob_)), StoreError::kNotMember);
}

TEST_P(MessageContract, a_refused_message_leaves_the_batch_and_the_numbers_unharmed) {
  ASSERT_TRUE(database_->begin_batch().ok());
  auto first = database_->append({alice_, single(bob_), 1, "1", 1, std::nullopt});
  auto refused = database_->append({alice_, single(999), 1, "x", 1, std::nullopt});
  auto second = database_->append({alice_, single(bob_), 1, "2", 1, std::nullopt});
  ASSERT_TRUE(database_->commit_batch().ok());
  EXPECT_FALSE(refused.ok());
  EXPECT_EQ(first.value().msg_id, 1u);
  EXPECT_EQ(second.value().msg_id, 2u);
}

TEST_P(MessageContract, a_message_rolled_back_leaves_no_gap) {
  send(alice_, bob_, "1");
  ASSERT_TRUE(database_->begin_batch().ok());
  ASSERT_TRUE(database_->append({alice_, single(bob_), 1, "lost", 1, 7}).ok());
  database_->rollback_batch();
  const Appended next = send(alice_, bob_, "2", 1, 7);
  EXPECT_EQ(next.msg_id, 2u);
  EXPECT_FALSE(next.duplicate);
}

TEST_P(MessageContract, the_same_key_from_the_same_user_is_stored_once) {
  for (const uint64_t key : {uint64_t{0}, uint64_t{5}, UINT64_MAX, uint64_t{1} << 63}) {
    const Appended first = send(alice_, bob_, "once", 10, key);
    const Appended again = send(alice_, bob_, "once", 99, key);
    EXPECT_FALSE(first.duplicate);
    EXPECT_TRUE(again.duplicate);
    EXPECT_EQ(again.msg_id, first.msg_id);
    EXPECT_EQ(again.created_at, 10);
    EXPECT_EQ(again.sequence, first.sequence);
  }
  EXPECT_EQ(database_->latest_msg_id(alice_, single(bob_)).value(), 4u);
}

TEST_P(MessageContract, a_key_that_was_used_for_another_message_is_refused) {
  send(alice_, bob_, "once", 10, 5);
  ASSERT_TRUE(database_->begin_batch().ok());
  for (const NewMessage& other :
       {NewMessage{alice_, single(bob_), 1, "other words", 1, 5}, NewMessage{alice_, single(bob_), 2, "once", 1, 5},
        NewMessage{alice_, single(carol_), 1, "once", 1, 5},
        NewMessage{alice_, {ConversationKind::kGroup, bob_}, 0x11, "once", 1, 5}}) {
    const auto refused = database_->append(other);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error(), StoreError::kKeyInUse);
  }
  ASSERT_TRUE(database_->commit_batch().ok());
  EXPECT_EQ(database_->latest_msg_id(alice_, single(bob_)).value(), 1u);
  EXPECT_EQ(database_->latest_msg_id(alice_, single(carol_)).value(), 0u);
}

TEST_P(MessageContract, the_same_key_within_one_batch_is_stored_once) {
  ASSERT_TRUE(database_->begin_batch().ok());
  auto first = database_->append({alice_, single(bob_), 1, "x", 1, 5});
  auto again = database_->append({alice_, single(bob_), 1, "x", 1, 5});
  ASSERT_TRUE(database_->commit_batch().ok());
  EXPECT_TRUE(again.value().duplicate);
  EXPECT_EQ(again.value().msg_id, first.value().msg_id);
}

TEST_P(MessageContract, the_same_key_from_two_users_and_no_key_are_stored_each) {
  EXPECT_FALSE(send(alice_, bob_, "a", 1, 5).duplicate);
  EXPECT_FALSE(send(bob_, alice_, "b", 1, 5).duplicate);
  EXPECT_FALSE(send(alice_, bob_, "c").duplicate);
  EXPECT_FALSE(send(alice_, bob_, "c").duplicate);
  EXPECT_EQ(database_->latest_msg_id(alice_, single(bob_)).value(), 4u);
}

TEST_P(MessageContract, a_resend_after_the_receiver_was_disabled_is_still_acked) {
  const Appended first = send(alice_, bob_, "x", 1, 5);
  ASSERT_TRUE(write([&](Database& db) { return db.set_disabled(bob_, true, 1); }).ok());
  EXPECT_EQ(send(alice_, bob_, "x", 2, 5).msg_id, first.msg_id);
}

TEST_P(MessageContract, messages_are_paged_from_the_newest) {
  for (int i = 1; i <= 7; ++i) send(i % 2 == 0 ? alice_ : bob_, i % 2 == 0 ? bob_ : alice_, std::to_string(i));
  send(alice_, carol_, "elsewhere");
  EXPECT_EQ(ids(database_->messages_before(alice_, single(bob_), 0, 3)), (Ids{7, 6, 5}));
  EXPECT_EQ(ids(database_->messages_before(bob_, single(alice_), 4, 3)), (Ids{4, 3, 2}));
  EXPECT_EQ(ids(database_->messages_before(bob_, single(alice_), 1, 3)), (Ids{1}));
  EXPECT_EQ(ids(database_->messages_before(bob_, single(alice_), 1'000, 100)), (Ids{7, 6, 5, 4, 3, 2, 1}));
  EXPECT_TRUE(database_->messages_before(bob_, single(carol_), 0, 3).value().empty());
  EXPECT_TRUE(database_->messages_before(alice_, single(bob_), 0, 0).value().empty());
}

TEST_P(MessageContract, messages_by_id_are_those_that_exist_in_ascending_order) {
  for (int i = 1; i <= 4; ++i) send(alice_, bob_, std::to_string(i));
  EXPECT_EQ(ids(database_->messages_by_id(bob_, single(alice_), Ids{4, 2, 99, 0, 2})), (Ids{2, 4}));
  EXPECT_TRUE(database_->messages_by_id(carol_, single(alice_), Ids{1}).value().empty());
}

TEST_P(MessageContract, the_latest_id_is_zero_where_nothing_was_said) {
  EXPECT_EQ(database_->latest_msg_id(alice_, single(bob_)).value(), 0u);
  send(alice_, bob_, "1");
  EXPECT_EQ(database_->latest_msg_id(alice_, single(bob_)).value(), 1u);
  EXPECT_EQ(database_->latest_msg_id(bob_, single(alice_)).value(), 1u);
}

TEST_P(MessageContract, catching_up_gives_everybodys_messages_after_a_sequence) {
  const Appended first = send(alice_, bob_, "1");
  send(bob_, alice_, "2", 60, UINT64_MAX);
  send(carol_, alice_, "3");
  auto found = database_->messages_after(first.sequence, 10);
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found.value().size(), 2u);
  const SequencedMessage& second = found.value()[0];
  EXPECT_EQ(second.to, alice_);
  EXPECT_EQ(second.message.from, bob_);
  EXPECT_EQ(second.message.msg_id, 2u);
  EXPECT_EQ(second.message.created_at, 60);
  EXPECT_EQ(second.kind, ConversationKind::kSingle);
  EXPECT_EQ(second.client_key, UINT64_MAX);
  EXPECT_EQ(found.value()[1].message.body, "3");
  EXPECT_FALSE(found.value()[1].client_key);
  EXPECT_EQ(database_->messages_after(0, 2).value().size(), 2u);
  EXPECT_EQ(database_->messages_after(0, 2).value()[0].to, bob_);
  EXPECT_TRUE(database_->messages_after(UINT64_MAX, 2).value().empty());
}

}  // namespace
}  // namespace talkbeat
