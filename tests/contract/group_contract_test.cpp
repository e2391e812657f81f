#include "tests/contract/group_contract.h"

// What every database must do with groups themselves. Who joins and leaves, and what they write: the files beside this.
namespace talkbeat {
namespace {

INSTANTIATE_TEST_SUITE_P(Each, GroupContract, ::testing::ValuesIn(database_kinds()), kind_name);

TEST_P(GroupContract, a_new_group_has_its_creator_and_members_once_each_by_id) {
  auto made = write([&](Database& db) {
    return db.create_group({.kind = GroupKind::kNormal,
                            .name = "friends",
                            .avatar_url = "http://a/b.png",
                            .creator = bob_,
                            .members = {carol_, alice_, bob_, alice_}},
                           1'234);
  });
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made.value().changed, (Users{alice_, bob_, carol_}));
  const GroupId id = made.value().now.group.id;
  EXPECT_NE(id, 0u);
  const GroupState found = state(id);
  EXPECT_EQ(found.group.kind, GroupKind::kNormal);
  EXPECT_EQ(found.group.version, 1u);
  EXPECT_EQ(found.group.name, "friends");
  EXPECT_EQ(found.group.avatar_url, "http://a/b.png");
  EXPECT_EQ(found.group.creator, bob_);
  EXPECT_EQ(found.group.created_at, 1'234);
  EXPECT_EQ(found.members, made.value().now.members);
  EXPECT_EQ(found.members, (std::vector<GroupMember>{{alice_}, {bob_}, {carol_}}));
}

TEST_P(GroupContract, the_administrators_group_has_no_creator_and_may_be_empty) {
  const GroupId id = create(0, {});
  EXPECT_EQ(state(id).group.creator, 0u);
  EXPECT_TRUE(members(id).empty());
  ASSERT_TRUE(add(0, id, {carol_}).ok());
  EXPECT_EQ(members(id), (Users{carol_}));
}

TEST_P(GroupContract, a_name_may_hold_any_bytes) {
  for (const std::string& name : {std::string("'); DROP TABLE groups; --"), std::string("a\0b", 3), std::string(),
                                  std::string("\xff\xfe"), std::string(10'000, 'n')}) {
    EXPECT_EQ(state(create(alice_, {bob_}, name)).group.name, name);
  }
}

TEST_P(GroupContract, a_group_with_a_stranger_or_a_disabled_user_is_refused_and_leaves_no_trace) {
  ASSERT_TRUE(write([&](Database& db) { return db.set_disabled(carol_, true, 1); }).ok());
  for (const NewGroup& refused : {NewGroup{.name = "x", .avatar_url = "", .creator = alice_, .members = {bob_, 999}},
                                  NewGroup{.name = "x", .avatar_url = "", .creator = alice_, .members = {bob_, 0}},
                                  NewGroup{.name = "x", .avatar_url = "", .creator = alice_, .members = {carol_}},
                                  NewGroup{.name = "x", .avatar_url = "", .creator = carol_, .members = {alice_}},
                                  NewGroup{.name = "x", .avatar_url = "", .creator = 999, .members = {alice_}}}) {
    expect_refused(write([&](Database& db) { return db.create_group(refused, 1); }), StoreError::kUnknownUser);
  }
  EXPECT_TRUE(database_->groups_after(0, 10).value().empty());
  EXPECT_TRUE(database_->groups_of(alice_).value().empty());
}

TEST_P(GroupContract, a_group_is_as_large_as_the_limit_and_no_larger) {
  const auto create_with_limit = [&](size_t limit) {
    return write([&](Database& db) {
      return db.create_group(
          {.name = "x", .avatar_url = "", .creator = alice_, .members = {bob_, bob_, carol_}, .max_members = limit}, 1);
    });
  };
  expect_refused(create_with_limit(2), StoreError::kLimitReached);
  EXPECT_TRUE(database_->groups_after(0, 10).value().empty());
  EXPECT_TRUE(create_with_limit(3).ok());
}

TEST_P(GroupContract, a_refused_group_leaves_the_batch_usable) {
  ASSERT_TRUE(database_->begin_batch().ok());
  auto refused = database_->create_group({.name = "x", .avatar_url = "", .creator = 999, .members = {}}, 1);
  auto made = database_->create_group({.name = "y", .avatar_url = "", .creator = alice_, .members = {}}, 1);
  ASSERT_TRUE(database_->commit_batch().ok());
  EXPECT_FALSE(refused.ok());
  EXPECT_EQ(state(made.value().now.group.id).group.name, "y");
}

TEST_P(GroupContract, a_group_rolled_back_was_never_there) {
  ASSERT_TRUE(database_->begin_batch().ok());
  auto made = database_->create_group({.name = "x", .avatar_url = "", .creator = alice_, .members = {bob_}}, 1);
  database_->rollback_batch();
  EXPECT_FALSE(database_->find_group(made.value().now.group.id).value());
  EXPECT_TRUE(database_->groups_of(bob_).value().empty());
}

TEST_P(GroupContract, an_unknown_group_is_nothing) {
  EXPECT_FALSE(database_->find_group(0).value());
  EXPECT_FALSE(database_->find_group(4'000'000'000).value());
}

TEST_P(GroupContract, one_finds_the_groups_one_is_in_by_id) {
  const GroupId first = create(alice_, {bob_}, "first");
  const GroupId second = create(carol_, {alice_}, "second");
  create(carol_, {bob_}, "third");
  auto groups = database_->groups_of(alice_);
  ASSERT_EQ(groups.value().size(), 2u);
  EXPECT_EQ(groups.value()[0].id, first);
  EXPECT_EQ(groups.value()[1].id, second);
  EXPECT_EQ(groups.value()[1].name, "second");
  EXPECT_TRUE(database_->groups_of(999).value().empty());
}

TEST_P(GroupContract, all_groups_come_in_pages) {
  for (int i = 0; i < 5; ++i) create(alice_, {});
  GroupId after = 0;
  Ids seen;
  for (auto page = database_->groups_after(after, 2); !page.value().empty(); page = database_->groups_after(after, 2)) {
    EXPECT_LE(page.value().size(), 2u);
    for (const Group& group : page.value()) seen.push_back(group.id);
    after = seen.back();
  }
  EXPECT_EQ(seen.size(), 5u);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST_P(GroupContract, an_edit_changes_what_it_names_and_moves_the_version) {
  const GroupId id = create(alice_, {bob_}, "old");
  auto edited = write([&](Database& db) { return db.edit_group(id, {.name = "new", .avatar_url = std::nullopt}); });
  ASSERT_TRUE(edited.ok());
  EXPECT_TRUE(edited.value().changed.empty());
  EXPECT_EQ(edited.value().now.members.size(), 2u);
  EXPECT_EQ(state(id).group.name, "new");
  EXPECT_EQ(state(id).group.version, 2u);
  ASSERT_TRUE(write([&](Database& db) { return db.edit_group(id, {.name = std::nullopt, .avatar_url = "a"}); }).ok());
  EXPECT_EQ(state(id).group.name, "new");
  EXPECT_EQ(state(id).group.avatar_url, "a");
  EXPECT_EQ(state(id).group.version, 3u);
}

TEST_P(GroupContract, an_edit_that_changes_nothing_leaves_the_version) {
  const GroupId id = create(alice_, {}, "name");
  EXPECT_TRUE(write([&](Database& db) { return db.edit_group(id, {}); }).ok());
  EXPECT_TRUE(write([&](Database& db) { return db.edit_group(id, {.name = "name", .avatar_url = ""}); }).ok());
  EXPECT_EQ(state(id).group.version, 1u);
  expect_refused(write([&](Database& db) { return db.edit_group(999, {.name = "x", .avatar_url = std::nullopt}); }),
                 StoreError::kUnknownGroup);
}

TEST_P(GroupContract, a_deleted_group_is_gone_for_everybody) {
  const GroupId id = create(alice_, {bob_}, "gone");
  say(alice_, id, "hello");
  auto deleted = write([&](Database& db) { return db.delete_group(id); });
  ASSERT_TRUE(deleted.ok());
  EXPECT_EQ(deleted.value().group.name, "gone");
  EXPECT_EQ(deleted.value().members.size(), 2u);
  EXPECT_FALSE(database_->find_group(id).value());
  EXPECT_TRUE(database_->groups_of(bob_).value().empty());
  EXPECT_TRUE(database_->groups_after(0, 10).value().empty());
  EXPECT_TRUE(database_->unread(bob_).value().empty());
  EXPECT_TRUE(listed(bob_).empty());
  expect_refused(try_say(alice_, id, "anybody?"), StoreError::kNotMember);
  expect_refused(database_->messages_before(bob_, group(id), 0, 10), StoreError::kNotMember);
  expect_refused(read_up_to(bob_, id, 1), StoreError::kNotMember);
  expect_refused(write([&](Database& db) { return db.delete_group(id); }), StoreError::kUnknownGroup);
  expect_refused(add(0, id, {carol_}), StoreError::kUnknownGroup);
}

TEST_P(GroupContract, the_id_of_a_deleted_group_is_never_given_again) {
  const GroupId id = create(alice_, {bob_});
  say(alice_, id, "secret");
  ASSERT_TRUE(write([&](Database& db) { return db.delete_group(id); }).ok());
  const GroupId next = create(carol_, {});
  EXPECT_GT(next, id);
  EXPECT_TRUE(history(carol_, next).empty());
}

TEST_P(GroupContract, the_shield_is_each_members_own_and_leaves_the_version) {
  const GroupId id = create(alice_, {bob_});
  const auto shield = [&](UserId user, GroupId where, bool on) {
    return write([&](Database& db) { return db.set_group_shield(user, where, on); });
  };
  ASSERT_TRUE(shield(bob_, id, true).ok());
  EXPECT_EQ(state(id).members, (std::vector<GroupMember>{{alice_}, {bob_, 0, true}}));
  EXPECT_EQ(state(id).group.version, 1u);
  ASSERT_TRUE(shield(bob_, id, false).ok());
  EXPECT_FALSE(state(id).members[1].shielded);
  expect_refused(shield(carol_, id, true), StoreError::kNotMember);
  expect_refused(shield(alice_, 999, true), StoreError::kNotMember);
}

}  // namespace
}  // namespace talkbeat
