#include <limits>

#include "tests/contract/database_contract.h"

// What every database must do with profiles that change, and with departments.
namespace talkbeat {
namespace {

class ProfileContract : public DatabaseContract {
 protected:
  Profile profile(UserId user) { return database_->profiles(std::vector{user}).value().at(0); }
  StoreResult<Done> edit(UserId user, const ProfileEdit& edit, int64_t now) {
    return write([&](Database& db) { return db.edit_profile(user, edit, now); });
  }
  StoreResult<uint32_t> put(const Department& department, int64_t now) {
    return write([&](Database& db) { return db.put_department(department, now); });
  }
  std::vector<uint32_t> changed(int64_t since, uint32_t after = 0, size_t limit = 100) {
    std::vector<uint32_t> ids;
    for (const Department& department : database_->departments_changed(since, after, limit).value()) {
      ids.push_back(department.id);
    }
    return ids;
  }
};
INSTANTIATE_TEST_SUITE_P(Each, ProfileContract, ::testing::ValuesIn(database_kinds()), kind_name);

using Ids = std::vector<uint32_t>;

TEST_P(ProfileContract, an_edit_changes_what_it_names_and_nothing_else) {
  const UserId user = add_user("alice", 1'000);
  ProfileEdit all;
  all.gender = 2;
  all.nick = "Al";
  all.real_name = "Alice";
  all.avatar_url = "http://a";
  all.department_id = 7;
  all.email = "a@example.org";
  all.phone = "1";
  all.sign_info = std::string("any\0bytes\xff", 10);
  ASSERT_TRUE(edit(user, all, 2'000).ok());
  ProfileEdit signature;
  signature.sign_info = "";
  ASSERT_TRUE(edit(user, signature, 3'000).ok());
  const Profile now = profile(user);
  EXPECT_EQ(now.name, "alice");
  EXPECT_EQ(now.gender, 2u);
  EXPECT_EQ(now.nick, "Al");
  EXPECT_EQ(now.real_name, "Alice");
  EXPECT_EQ(now.avatar_url, "http://a");
  EXPECT_EQ(now.department_id, 7u);
  EXPECT_EQ(now.email, "a@example.org");
  EXPECT_EQ(now.phone, "1");
  EXPECT_EQ(now.sign_info, "");
  EXPECT_EQ(now.updated_at, 3'000);
  EXPECT_FALSE(now.disabled);
}

TEST_P(ProfileContract, an_edit_is_always_later_whatever_the_clock_did) {
  const UserId user = add_user("alice", 1'000);
  ASSERT_TRUE(edit(user, {}, 10).ok());
  EXPECT_EQ(profile(user).updated_at, 1'001);
  auto seen = database_->profiles_changed(1'000, 0, 10);
  ASSERT_EQ(seen.value().size(), 1u);
}

TEST_P(ProfileContract, an_unknown_users_profile_is_refused_and_a_disabled_ones_is_not) {
  const UserId user = add_user("alice");
  expect_refused(edit(999, {}, 1), StoreError::kUnknownUser);
  ASSERT_TRUE(write([&](Database& db) { return db.set_disabled(user, true, 1); }).ok());
  EXPECT_TRUE(edit(user, {}, 1).ok());
}

TEST_P(ProfileContract, a_department_is_added_replaced_and_marked_deleted) {
  auto id = put({.parent_id = 0, .priority = 1, .name = "sales"}, 100);
  ASSERT_TRUE(id.ok());
  EXPECT_NE(id.value(), 0u);
  auto child = put({.parent_id = id.value(), .priority = 2, .name = "inside"}, 100);
  EXPECT_NE(child.value(), id.value());
  EXPECT_EQ(put({.id = id.value(), .parent_id = 3, .priority = 4, .name = "Sales", .deleted = true}, 200).value(),
            id.value());
  auto all = database_->departments_changed(0, 0, 10);
  ASSERT_EQ(all.value().size(), 2u);
  EXPECT_EQ(all.value()[0].name, "inside");
  const Department& changed = all.value()[1];
  EXPECT_EQ(changed.id, id.value());
  EXPECT_EQ(changed.parent_id, 3u);
  EXPECT_EQ(changed.priority, 4u);
  EXPECT_EQ(changed.name, "Sales");
  EXPECT_TRUE(changed.deleted);
  EXPECT_EQ(changed.updated_at, 200);
}

TEST_P(ProfileContract, a_department_keeps_the_id_it_is_added_with) {
  EXPECT_EQ(put({.id = 40, .name = "imported"}, 1).value(), 40u);
  EXPECT_EQ(put({.name = "next"}, 1).value(), 41u);
}

TEST_P(ProfileContract, a_departments_time_always_moves_on) {
  const uint32_t id = put({.name = "a"}, 100).value();
  put({.id = id, .name = "b"}, 50).value();
  EXPECT_EQ(changed(100), (Ids{id}));
  EXPECT_EQ(changed(101), (Ids{}));
}

TEST_P(ProfileContract, changed_departments_come_in_pages) {
  for (const int64_t now : {5, 5, 5, 7}) put({.name = "x"}, now).value();
  EXPECT_EQ(changed(4, 0, 2), (Ids{1, 2}));
  EXPECT_EQ(changed(4, 2, 2), (Ids{3, 4}));
  EXPECT_EQ(changed(5), (Ids{4}));
  EXPECT_EQ(changed(std::numeric_limits<int64_t>::max()), (Ids{}));
}

}  // namespace
}  // namespace talkbeat
