#include "tests/contract/group_contract.h"

// What every database must do when another system's data is taken over.
namespace talkbeat {
namespace {

class ImportContract : public GroupContract {
 protected:
  void SetUp() override { DatabaseContract::SetUp(); }  // empty

  static ImportedUser user(UserId id, const std::string& name, bool disabled = false) {
    Profile profile;
    profile.id = id;
    profile.name = name;
    profile.nick = "nick of " + name;
    profile.disabled = disabled;
    profile.updated_at = 77;
    return {.profile = profile, .password_hash = "hash of " + name, .quiet_at_night = disabled};
  }
  StoreResult<Done> import(const ImportedUser& user) {
    return write([&](Database& db) { return db.import_user(user); });
  }
  StoreResult<Done> import(const GroupState& state) {
    return write([&](Database& db) { return db.import_group(state); });
  }
  StoreResult<Appended> import_message(UserId from, ConversationRef to, const std::string& body) {
    const uint8_t type = to.kind == ConversationKind::kGroup ? 0x11 : 1;
    return write([&](Database& db) { return db.import_message({from, to, type, body, 5, std::nullopt}); });
  }
  void import_three_users() {
    for (const auto& [id, name] : {std::pair<UserId, const char*>{10, "alice"}, {20, "bob"}, {30, "carol"}}) {
      ASSERT_TRUE(import(user(id, name, id == 30)).ok());
    }
  }
  static GroupState old_group() {
    return {
        .group = {.id = 5, .kind = GroupKind::kNormal, .version = 9, .name = "old", .avatar_url = "a", .creator = 30},
        .members = {{10}, {20, 0, true}}};
  }
};
INSTANTIATE_TEST_SUITE_P(Each, ImportContract, ::testing::ValuesIn(database_kinds()), kind_name);

TEST_P(ImportContract, a_store_is_empty_until_there_is_a_user_or_a_group) {
  EXPECT_TRUE(database_->empty().value());
  ASSERT_TRUE(import(GroupState{.group = {.id = 1, .name = "x", .avatar_url = ""}, .members = {}}).ok());
  EXPECT_FALSE(database_->empty().value());
}

TEST_P(ImportContract, a_store_with_departments_only_is_not_empty) {
  const Department department{.name = "sales"};
  ASSERT_TRUE(write([&](Database& db) { return db.put_department(department, 100); }).ok());
  EXPECT_FALSE(database_->empty().value());
}

TEST_P(ImportContract, users_keep_their_ids_and_all_that_is_known_of_them) {
  import_three_users();
  EXPECT_FALSE(database_->empty().value());
  const Profile carol = database_->profiles(Users{30}).value().at(0);
  EXPECT_EQ(carol.name, "carol");
  EXPECT_EQ(carol.nick, "nick of carol");
  EXPECT_TRUE(carol.disabled);
  EXPECT_EQ(carol.updated_at, 77);
  EXPECT_TRUE(database_->push_shield(30).value());
  EXPECT_EQ(database_->find_account("bob").value()->id, 20u);
  EXPECT_EQ(database_->find_account("bob").value()->password_hash, "hash of bob");
  EXPECT_GT(add_user("dave"), 30u);
}

TEST_P(ImportContract, an_id_or_a_name_in_use_is_refused_and_the_batch_goes_on) {
  import_three_users();
  ASSERT_TRUE(database_->begin_batch().ok());
  expect_refused(database_->import_user(user(10, "erin")), StoreError::kNameTaken);
  expect_refused(database_->import_user(user(40, "alice")), StoreError::kNameTaken);
  expect_refused(database_->import_user(user(0, "nobody")), StoreError::kUnknownUser);
  EXPECT_TRUE(database_->import_user(user(40, "erin")).ok());
  ASSERT_TRUE(database_->commit_batch().ok());
  EXPECT_EQ(database_->profiles(Users{10}).value().at(0).name, "alice");
}

TEST_P(ImportContract, a_group_keeps_its_id_version_and_members) {
  import_three_users();
  ASSERT_TRUE(import(old_group()).ok());
  const GroupState found = state(5);
  EXPECT_EQ(found.group.version, 9u);
  EXPECT_EQ(found.group.kind, GroupKind::kNormal);
  EXPECT_EQ(found.group.creator, 30u);
  EXPECT_EQ(found.members, old_group().members);
  EXPECT_EQ(add(20, 5, {20}).value().now.group.version, 9u);
  EXPECT_GT(create(10, {}), 5u);
}

TEST_P(ImportContract, a_group_of_strangers_or_with_a_used_id_is_refused) {
  import_three_users();
  GroupState refused = old_group();
  refused.members.push_back({999});
  expect_refused(import(refused), StoreError::kUnknownUser);
  refused = old_group();
  refused.group.creator = 999;
  expect_refused(import(refused), StoreError::kUnknownUser);
  refused = old_group();
  refused.group.id = 0;
  expect_refused(import(refused), StoreError::kUnknownGroup);
  EXPECT_TRUE(database_->groups_after(0, 10).value().empty());
  ASSERT_TRUE(import(old_group()).ok());
  expect_refused(import(old_group()), StoreError::kNameTaken);
  ASSERT_TRUE(write([&](Database& db) { return db.delete_group(5); }).ok());
  expect_refused(import(old_group()), StoreError::kNameTaken);  // its messages are still there
}

TEST_P(ImportContract, a_member_named_twice_is_one_member) {
  import_three_users();
  GroupState twice = old_group();
  twice.members.push_back(twice.members.front());
  ASSERT_TRUE(import(twice).ok());
  EXPECT_EQ(members(5), (Users{10, 20}));
}

TEST_P(ImportContract, messages_of_disabled_users_and_former_members_are_welcome) {
  import_three_users();
  ASSERT_TRUE(import(old_group()).ok());
  EXPECT_EQ(import_message(30, single(10), "from the disabled one").value().msg_id, 1u);
  EXPECT_EQ(import_message(10, single(30), "to it").value().msg_id, 2u);
  EXPECT_EQ(import_message(30, group(5), "who has left").value().msg_id, 1u);
  EXPECT_EQ(import_message(10, group(5), "who is in").value().group_version, 9u);
  EXPECT_EQ(history(20, 5).size(), 2u);
  EXPECT_EQ(unread_in(20, 5), 2u);
  EXPECT_EQ(unread_in(10, 5), 1u);
  EXPECT_EQ(unread(10, 30), 1u);
}

TEST_P(ImportContract, messages_of_nobody_or_to_nobody_are_refused) {
  import_three_users();
  expect_refused(import_message(999, single(10), "x"), StoreError::kUnknownUser);
  expect_refused(import_message(10, single(999), "x"), StoreError::kUnknownUser);
  expect_refused(import_message(10, single(10), "x"), StoreError::kUnknownUser);
  expect_refused(import_message(10, group(5), "x"), StoreError::kUnknownGroup);
  EXPECT_EQ(database_->latest_sequence().value(), 0u);
}

TEST_P(ImportContract, after_all_was_marked_read_only_new_messages_are_unread) {
  import_three_users();
  ASSERT_TRUE(import(old_group()).ok());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(import_message(10, single(20), "x").ok());
    ASSERT_TRUE(import_message(20, single(10), "x").ok());
    ASSERT_TRUE(import_message(10, group(5), "x").ok());
    ASSERT_TRUE(import_message(30, group(5), "x").ok());
  }
  ASSERT_TRUE(write([&](Database& db) { return db.mark_all_read(); }).ok());
  for (const UserId user : {10u, 20u, 30u}) EXPECT_TRUE(database_->unread(user).value().empty());
  EXPECT_EQ(listed(20).size(), 2u);
  send(10, 20, "new");
  say(10, 5, "new");
  EXPECT_EQ(unread(20, 10), 1u);
  EXPECT_EQ(unread_in(20, 5), 1u);
  EXPECT_EQ(unread_in(10, 5), 0u);
}

TEST_P(ImportContract, a_member_who_joined_between_the_messages_sees_those_after) {
  import_three_users();
  GroupState later = old_group();
  later.members = {{10}, {20, 2, false}};
  ASSERT_TRUE(import(later).ok());
  EXPECT_TRUE(database_->unread(20).value().empty());
  ASSERT_TRUE(import_message(20, group(5), "before its joining").ok());
  ASSERT_TRUE(import_message(10, group(5), "before").ok());
  EXPECT_TRUE(listed(20).empty());
  ASSERT_TRUE(import_message(10, group(5), "after").ok());
  ASSERT_TRUE(import_message(20, group(5), "its own").ok());
  EXPECT_EQ(unread_in(20, 5), 1u);
  EXPECT_EQ(history(20, 5).size(), 2u);
  EXPECT_EQ(unread_in(10, 5), 2u);
}

}  // namespace
}  // namespace talkbeat
