#include "tests/contract/group_contract.h"

// What every database must do with what is written in groups.
namespace talkbeat {
namespace {

class GroupMessageContract : public GroupContract {
 protected:
  using Bodies = std::vector<std::string>;
  using Refs = std::vector<ConversationRef>;

  void SetUp() override {
    GroupContract::SetUp();
    id_ = create(alice_, {bob_});
  }
  uint32_t latest(UserId user) { return database_->latest_msg_id(user, group(id_)).value(); }

  GroupId id_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Each, GroupMessageContract, ::testing::ValuesIn(database_kinds()), kind_name);

TEST_P(GroupMessageContract, an_empty_group_has_no_messages_and_is_not_listed) {
  EXPECT_EQ(latest(alice_), 0u);
  EXPECT_TRUE(history(alice_, id_).empty());
  EXPECT_TRUE(listed(alice_).empty());
  EXPECT_TRUE(database_->unread(alice_).value().empty());
}

TEST_P(GroupMessageContract, a_message_is_numbered_and_carries_the_groups_version) {
  EXPECT_EQ(say(alice_, id_, "1").msg_id, 1u);
  ASSERT_TRUE(add(alice_, id_, {carol_}).ok());
  const Appended second = say(bob_, id_, "2");
  EXPECT_EQ(second.msg_id, 2u);
  EXPECT_EQ(second.group_version, 2u);
  EXPECT_EQ(send(alice_, bob_, "between two").group_version, 0u);
  EXPECT_EQ(history(bob_, id_), (Bodies{"2", "1"}));
  EXPECT_EQ(latest(bob_), 2u);
}

TEST_P(GroupMessageContract, a_conversation_with_the_user_of_the_same_number_is_another_one) {
  ASSERT_EQ(id_, alice_);
  say(bob_, id_, "to the group");
  send(bob_, alice_, "to alice");
  EXPECT_EQ(history(alice_, id_), (Bodies{"to the group"}));
  EXPECT_EQ(unread_in(alice_, id_), 1u);
  EXPECT_EQ(unread(alice_, bob_), 1u);
  EXPECT_EQ(listed(bob_), (Refs{single(alice_), group(id_)}));
}

TEST_P(GroupMessageContract, strangers_former_members_and_disabled_ones_are_refused) {
  expect_refused(try_say(carol_, id_, "x"), StoreError::kNotMember);
  expect_refused(try_say(999, id_, "x"), StoreError::kUnknownUser);
  ASSERT_TRUE(remove(bob_, id_, {bob_}).ok());
  expect_refused(try_say(bob_, id_, "x"), StoreError::kNotMember);
  ASSERT_TRUE(write([&](Database& db) { return db.set_disabled(alice_, true, 1); }).ok());
  expect_refused(try_say(alice_, id_, "x"), StoreError::kUnknownUser);
  EXPECT_EQ(database_->latest_sequence().value(), 0u);
}

TEST_P(GroupMessageContract, everything_about_a_group_is_refused_to_whoever_is_not_in_it) {
  say(alice_, id_, "secret");
  expect_refused(database_->messages_before(carol_, group(id_), 0, 10), StoreError::kNotMember);
  expect_refused(database_->messages_by_id(carol_, group(id_), Ids{1}), StoreError::kNotMember);
  expect_refused(database_->latest_msg_id(carol_, group(id_)), StoreError::kNotMember);
  expect_refused(read_up_to(carol_, id_, 1), StoreError::kNotMember);
  expect_refused(hide(carol_, id_), StoreError::kNotMember);
  EXPECT_TRUE(listed(carol_).empty());
}

TEST_P(GroupMessageContract, the_same_key_is_stored_once_and_answered_with_the_version_of_now) {
  const Appended first = say(alice_, id_, "once", 77);
  ASSERT_TRUE(add(alice_, id_, {carol_}).ok());
  const Appended again = say(alice_, id_, "once", 77);
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.msg_id, first.msg_id);
  EXPECT_EQ(again.sequence, first.sequence);
  EXPECT_EQ(again.group_version, 2u);
  EXPECT_FALSE(say(bob_, id_, "another's", 77).duplicate);
  EXPECT_EQ(latest(alice_), 2u);
  EXPECT_EQ(unread_in(bob_, id_), 1u);
}

TEST_P(GroupMessageContract, a_newcomer_sees_only_what_comes_after) {
  say(alice_, id_, "1");
  say(bob_, id_, "2");
  ASSERT_TRUE(add(alice_, id_, {carol_}).ok());
  EXPECT_EQ(latest(carol_), 0u);
  EXPECT_TRUE(history(carol_, id_).empty());
  EXPECT_TRUE(listed(carol_).empty());
  EXPECT_EQ(unread_in(carol_, id_), 0u);
  say(alice_, id_, "3");
  EXPECT_EQ(latest(carol_), 3u);
  EXPECT_EQ(history(carol_, id_), (Bodies{"3"}));
  EXPECT_EQ(history(carol_, id_, 2), (Bodies{}));
  EXPECT_EQ(unread_in(carol_, id_), 1u);
  auto by_id = database_->messages_by_id(carol_, group(id_), Ids{3, 1, 2, 3, 9});
  ASSERT_EQ(by_id.value().size(), 1u);
  EXPECT_EQ(by_id.value()[0].body, "3");
  EXPECT_EQ(history(alice_, id_).size(), 3u);
}

TEST_P(GroupMessageContract, history_comes_in_pages_newest_first) {
  for (int i = 1; i <= 5; ++i) say(alice_, id_, std::to_string(i));
  EXPECT_EQ(history(bob_, id_, 0, 2), (Bodies{"5", "4"}));
  EXPECT_EQ(history(bob_, id_, 3, 2), (Bodies{"3", "2"}));
  EXPECT_EQ(history(bob_, id_, 1, 2), (Bodies{"1"}));
}

TEST_P(GroupMessageContract, who_returns_begins_anew) {
  say(bob_, id_, "bob's first");
  say(alice_, id_, "unread by bob");
  ASSERT_TRUE(remove(bob_, id_, {bob_}).ok());
  EXPECT_TRUE(listed(bob_).empty());
  say(alice_, id_, "while bob was away");
  ASSERT_TRUE(add(alice_, id_, {bob_}).ok());
  EXPECT_TRUE(history(bob_, id_).empty());
  EXPECT_EQ(unread_in(bob_, id_), 0u);
  say(bob_, id_, "back");
  say(alice_, id_, "welcome");
  EXPECT_EQ(history(bob_, id_), (Bodies{"welcome", "back"}));
  EXPECT_EQ(unread_in(bob_, id_), 1u);
  EXPECT_TRUE(read_up_to(bob_, id_, 4).value());  // its own
  EXPECT_EQ(unread_in(bob_, id_), 1u);
  EXPECT_TRUE(read_up_to(bob_, id_, 5).value());
  EXPECT_EQ(unread_in(bob_, id_), 0u);
}

TEST_P(GroupMessageContract, only_the_others_messages_are_unread) {
  ASSERT_TRUE(add(alice_, id_, {carol_}).ok());
  say(alice_, id_, "1");
  say(bob_, id_, "2");
  say(alice_, id_, "3");
  EXPECT_EQ(unread_in(alice_, id_), 1u);
  EXPECT_EQ(unread_in(bob_, id_), 2u);
  EXPECT_EQ(unread_in(carol_, id_), 3u);
  EXPECT_EQ(database_->unread_total(carol_).value(), 3u);
  auto list = database_->unread(carol_);
  ASSERT_EQ(list.value().size(), 1u);
  EXPECT_EQ(list.value()[0].latest.body, "3");
  EXPECT_EQ(list.value()[0].latest.from, alice_);
}

TEST_P(GroupMessageContract, a_read_mark_counts_what_it_passes_and_never_moves_back) {
  say(alice_, id_, "1");
  say(bob_, id_, "2");
  say(alice_, id_, "3");
  say(alice_, id_, "4");
  EXPECT_TRUE(read_up_to(bob_, id_, 3).value());
  EXPECT_EQ(unread_in(bob_, id_), 1u);
  EXPECT_FALSE(read_up_to(bob_, id_, 3).value());
  EXPECT_FALSE(read_up_to(bob_, id_, 1).value());
  EXPECT_EQ(unread_in(bob_, id_), 1u);
  EXPECT_TRUE(read_up_to(bob_, id_, 4'000'000'000).value());
  EXPECT_EQ(unread_in(bob_, id_), 0u);
  say(alice_, id_, "5");
  EXPECT_EQ(unread_in(bob_, id_), 1u);
  EXPECT_EQ(unread_in(alice_, id_), 1u);
}

TEST_P(GroupMessageContract, a_mark_below_ones_joining_changes_nothing) {
  say(alice_, id_, "1");
  say(alice_, id_, "2");
  ASSERT_TRUE(add(alice_, id_, {carol_}).ok());
  say(alice_, id_, "3");
  EXPECT_FALSE(read_up_to(carol_, id_, 1).value());
  EXPECT_FALSE(read_up_to(carol_, id_, 2).value());
  EXPECT_EQ(unread_in(carol_, id_), 1u);
}

TEST_P(GroupMessageContract, a_removed_group_is_gone_from_the_list_until_the_next_message) {
  say(alice_, id_, "1");
  ASSERT_TRUE(hide(bob_, id_).ok());
  EXPECT_TRUE(listed(bob_).empty());
  EXPECT_EQ(unread_in(bob_, id_), 0u);
  EXPECT_EQ(listed(alice_), (Refs{group(id_)}));
  EXPECT_EQ(history(bob_, id_), (Bodies{"1"}));
  say(alice_, id_, "2");
  EXPECT_EQ(listed(bob_), (Refs{group(id_)}));
  EXPECT_EQ(unread_in(bob_, id_), 1u);
}

TEST_P(GroupMessageContract, groups_and_users_share_one_list_newest_first) {
  send(carol_, bob_, "a", 100);
  say(alice_, id_, "b", std::nullopt, 200);
  send(alice_, bob_, "c", 300);
  EXPECT_EQ(listed(bob_), (Refs{single(alice_), group(id_), single(carol_)}));
  EXPECT_EQ(listed(bob_, 100), (Refs{single(alice_), group(id_)}));
  EXPECT_EQ(listed(bob_, 0, 2), (Refs{single(alice_), group(id_)}));
  say(bob_, id_, "d", std::nullopt, 300);
  EXPECT_EQ(listed(bob_), (Refs{group(id_), single(alice_), single(carol_)}));
  auto list = database_->conversations(bob_, 0, 1);
  EXPECT_EQ(list.value()[0].latest.body, "d");
  EXPECT_EQ(list.value()[0].updated_at, 300);
  auto unread = database_->unread(bob_);
  ASSERT_EQ(unread.value().size(), 3u);
  EXPECT_EQ(unread.value()[0].ref, group(id_));
}

TEST_P(GroupMessageContract, catching_up_finds_group_messages_with_the_version_of_now) {
  say(alice_, id_, "1", 5);
  send(alice_, bob_, "2");
  ASSERT_TRUE(add(alice_, id_, {carol_}).ok());
  auto all = database_->messages_after(0, 10);
  ASSERT_EQ(all.value().size(), 2u);
  EXPECT_EQ(all.value()[0].kind, ConversationKind::kGroup);
  EXPECT_EQ(all.value()[0].to, id_);
  EXPECT_EQ(all.value()[0].message.from, alice_);
  EXPECT_EQ(all.value()[0].message.type, 0x11);
  EXPECT_EQ(all.value()[0].client_key, 5u);
  EXPECT_EQ(all.value()[0].group_version, 2u);
  EXPECT_EQ(all.value()[1].kind, ConversationKind::kSingle);
  EXPECT_EQ(all.value()[1].group_version, 0u);
  ASSERT_TRUE(write([&](Database& db) { return db.delete_group(id_); }).ok());
  EXPECT_EQ(database_->messages_after(0, 1).value()[0].group_version, 0u);
}

TEST_P(GroupMessageContract, a_message_rolled_back_leaves_no_gap_and_no_count) {
  say(alice_, id_, "1");
  ASSERT_TRUE(database_->begin_batch().ok());
  ASSERT_TRUE(database_->append({alice_, group(id_), 0x11, "lost", 1, std::nullopt}).ok());
  database_->rollback_batch();
  EXPECT_EQ(say(alice_, id_, "2").msg_id, 2u);
  EXPECT_EQ(unread_in(alice_, id_), 0u);
  EXPECT_EQ(unread_in(bob_, id_), 2u);
}

}  // namespace
}  // namespace talkbeat
