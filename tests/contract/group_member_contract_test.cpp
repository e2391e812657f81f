#include "tests/contract/group_contract.h"

// What every database must do when members join and leave.
namespace talkbeat {
namespace {

class GroupMemberContract : public GroupContract {
 protected:
  void SetUp() override {
    GroupContract::SetUp();
    dave_ = add_user("dave");
    erin_ = add_user("erin");
    id_ = create(alice_, {bob_});
  }
  /// Nothing has changed by what was refused.
  void expect_untouched() {
    EXPECT_EQ(members(id_), (Users{alice_, bob_}));
    EXPECT_EQ(state(id_).group.version, 1u);
    EXPECT_EQ(state(id_).group.creator, alice_);
  }

  UserId dave_ = 0;
  UserId erin_ = 0;
  GroupId id_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Each, GroupMemberContract, ::testing::ValuesIn(database_kinds()), kind_name);

TEST_P(GroupMemberContract, a_member_adds_others_and_the_version_moves_once) {
  auto added = add(bob_, id_, {erin_, carol_, erin_});
  ASSERT_TRUE(added.ok());
  EXPECT_EQ(added.value().changed, (Users{carol_, erin_}));
  EXPECT_EQ(added.value().now.group.version, 2u);
  EXPECT_EQ(added.value().now.members, state(id_).members);
  EXPECT_EQ(members(id_), (Users{alice_, bob_, carol_, erin_}));
  EXPECT_EQ(state(id_).group.version, 2u);
  EXPECT_EQ(database_->groups_of(erin_).value().size(), 1u);
}

TEST_P(GroupMemberContract, adding_only_those_who_are_in_changes_nothing) {
  ASSERT_TRUE(write([&](Database& db) { return db.set_disabled(bob_, true, 1); }).ok());
  auto added = add(alice_, id_, {bob_, alice_});
  ASSERT_TRUE(added.ok());
  EXPECT_TRUE(added.value().changed.empty());
  EXPECT_EQ(added.value().now.members.size(), 2u);
  EXPECT_TRUE(add(alice_, id_, {}).value().changed.empty());
  expect_untouched();
}

TEST_P(GroupMemberContract, one_who_is_in_keeps_its_place_when_added_with_others) {
  say(alice_, id_, "1");
  ASSERT_TRUE(add(alice_, id_, {bob_, carol_}).ok());
  EXPECT_EQ(state(id_).members, (std::vector<GroupMember>{{alice_, 0}, {bob_, 0}, {carol_, 1}}));
  EXPECT_EQ(unread_in(bob_, id_), 1u);
}

TEST_P(GroupMemberContract, a_stranger_may_neither_add_nor_remove_nor_hear_whether_the_group_exists) {
  expect_refused(add(carol_, id_, {carol_}), StoreError::kNotMember);
  expect_refused(remove(carol_, id_, {bob_}), StoreError::kNotMember);
  expect_refused(remove(carol_, id_, {carol_}), StoreError::kNotMember);
  expect_refused(add(carol_, 999, {carol_}), StoreError::kUnknownGroup);
  expect_untouched();
}

TEST_P(GroupMemberContract, where_members_may_not_add_the_creator_and_the_administrator_do) {
  const auto add_closed = [&](UserId actor, UserId user) {
    return change({.group = id_, .actor = actor, .add = true, .users = {user}, .members_may_add = false});
  };
  expect_refused(add_closed(bob_, carol_), StoreError::kNotAllowed);
  expect_untouched();
  EXPECT_TRUE(add_closed(alice_, carol_).ok());
  EXPECT_TRUE(add_closed(0, dave_).ok());
  EXPECT_EQ(members(id_), (Users{alice_, bob_, carol_, dave_}));
}

TEST_P(GroupMemberContract, unknown_and_disabled_users_cannot_join_and_keep_the_others_out) {
  ASSERT_TRUE(write([&](Database& db) { return db.set_disabled(dave_, true, 1); }).ok());
  for (const UserId user : {UserId{999}, UserId{0}, dave_}) {
    expect_refused(add(alice_, id_, {carol_, user}), StoreError::kUnknownUser);
    expect_untouched();
  }
}

TEST_P(GroupMemberContract, a_full_group_takes_nobody_in) {
  const auto add_limited = [&](Users users, size_t limit) {
    return change({.group = id_, .actor = alice_, .add = true, .users = users, .max_members = limit});
  };
  expect_refused(add_limited({carol_, dave_}, 3), StoreError::kLimitReached);
  expect_untouched();
  EXPECT_TRUE(add_limited({bob_}, 1).ok());  // is in already
  EXPECT_TRUE(add_limited({carol_, bob_}, 3).ok());
  EXPECT_EQ(members(id_), (Users{alice_, bob_, carol_}));
}

TEST_P(GroupMemberContract, the_creator_removes_anyone) {
  ASSERT_TRUE(add(alice_, id_, {carol_, dave_}).ok());
  auto removed = remove(alice_, id_, {dave_, bob_, 999, erin_});
  ASSERT_TRUE(removed.ok());
  EXPECT_EQ(removed.value().changed, (Users{bob_, dave_}));
  EXPECT_EQ(removed.value().now.members, state(id_).members);
  EXPECT_EQ(members(id_), (Users{alice_, carol_}));
  EXPECT_EQ(state(id_).group.version, 3u);
  EXPECT_TRUE(database_->groups_of(bob_).value().empty());
}

TEST_P(GroupMemberContract, a_disabled_member_can_be_removed) {
  ASSERT_TRUE(write([&](Database& db) { return db.set_disabled(bob_, true, 1); }).ok());
  EXPECT_EQ(remove(alice_, id_, {bob_}).value().changed, (Users{bob_}));
}

TEST_P(GroupMemberContract, removing_those_who_are_not_in_changes_nothing) {
  EXPECT_TRUE(remove(alice_, id_, {carol_, 999}).value().changed.empty());
  EXPECT_TRUE(remove(0, id_, {}).value().changed.empty());
  expect_untouched();
}

TEST_P(GroupMemberContract, a_member_leaves_by_itself_but_removes_nobody_else) {
  expect_refused(remove(bob_, id_, {alice_}), StoreError::kNotAllowed);
  expect_refused(remove(bob_, id_, {bob_, alice_}), StoreError::kNotAllowed);
  expect_untouched();
  EXPECT_EQ(remove(bob_, id_, {bob_, bob_}).value().changed, (Users{bob_}));
  EXPECT_EQ(members(id_), (Users{alice_}));
}

TEST_P(GroupMemberContract, when_the_creator_leaves_whoever_has_been_in_longest_takes_its_place) {
  const GroupId id = create(carol_, {dave_, erin_});
  ASSERT_TRUE(add(carol_, id, {alice_}).ok());  // a smaller id, but later
  ASSERT_TRUE(remove(dave_, id, {dave_}).ok());
  ASSERT_TRUE(add(carol_, id, {dave_}).ok());  // came back: begins anew
  auto left = remove(carol_, id, {carol_});
  ASSERT_TRUE(left.ok());
  EXPECT_EQ(left.value().now.group.creator, erin_);
  EXPECT_EQ(state(id).group.creator, erin_);
  EXPECT_EQ(remove(erin_, id, {erin_}).value().now.group.creator, alice_);
  EXPECT_EQ(remove(alice_, id, {alice_}).value().now.group.creator, dave_);
}

TEST_P(GroupMemberContract, the_last_one_leaves_an_empty_group_to_the_administrator) {
  auto left = remove(alice_, id_, {alice_, bob_});
  ASSERT_TRUE(left.ok());
  EXPECT_EQ(left.value().now.group.creator, 0u);
  EXPECT_TRUE(members(id_).empty());
  expect_refused(add(alice_, id_, {alice_}), StoreError::kNotMember);
  EXPECT_TRUE(add(0, id_, {bob_}).ok());
  EXPECT_EQ(state(id_).group.creator, 0u);
}

TEST_P(GroupMemberContract, the_administrator_does_all_whoever_is_in_the_group) {
  EXPECT_TRUE(add(0, id_, {carol_}).ok());
  EXPECT_EQ(remove(0, id_, {alice_}).value().now.group.creator, bob_);
  EXPECT_EQ(members(id_), (Users{bob_, carol_}));
}

TEST_P(GroupMemberContract, a_refused_change_leaves_the_batch_usable) {
  ASSERT_TRUE(database_->begin_batch().ok());
  auto refused = database_->change_members({.group = id_, .actor = alice_, .users = {999}}, 1);
  auto added = database_->change_members({.group = id_, .actor = alice_, .users = {carol_}}, 1);
  auto said = database_->append({carol_, group(id_), 0x11, "hi", 1, std::nullopt});
  ASSERT_TRUE(database_->commit_batch().ok());
  EXPECT_FALSE(refused.ok());
  EXPECT_EQ(added.value().changed, (Users{carol_}));
  EXPECT_EQ(said.value().group_version, 2u);
}

}  // namespace
}  // namespace talkbeat
