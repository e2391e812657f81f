#include <algorithm>
#include <array>

#include "tests/contract/database_contract.h"

// What every database must do with accounts and batches. Messages and conversations: the files beside this one.
namespace talkbeat {
namespace {

class AccountContract : public DatabaseContract {};
INSTANTIATE_TEST_SUITE_P(Each, AccountContract, ::testing::ValuesIn(database_kinds()), kind_name);

TEST_P(AccountContract, a_new_user_is_found_by_name) {
  const UserId id = add_user("alice");
  auto found = database_->find_account("alice");
  ASSERT_TRUE(found.ok());
  ASSERT_TRUE(found.value());
  EXPECT_EQ(found.value()->id, id);
  EXPECT_NE(id, 0u);
  EXPECT_EQ(found.value()->name, "alice");
  EXPECT_EQ(found.value()->password_hash, "hash of alice");
  EXPECT_FALSE(found.value()->disabled);
}

TEST_P(AccountContract, an_unknown_name_finds_nothing) {
  auto found = database_->find_account("nobody");
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(found.value());
}

TEST_P(AccountContract, names_are_compared_byte_by_byte) {
  const UserId lower = add_user("alice");
  const UserId upper = add_user("Alice");
  EXPECT_NE(lower, upper);
  EXPECT_FALSE(database_->find_account("ALICE").value());
  EXPECT_FALSE(database_->find_account("alice ").value());
}

TEST_P(AccountContract, a_name_may_hold_sql_quotes_zero_bytes_and_broken_utf8) {
  for (const std::string& name :
       {std::string("'; DROP TABLE users; --"), std::string("a\0b", 3), std::string("\xff\xfe")}) {
    const UserId id = add_user(name);
    ASSERT_TRUE(database_->find_account(name).value());
    EXPECT_EQ(database_->find_account(name).value()->id, id);
    EXPECT_EQ(database_->find_account(name).value()->name, name);
  }
  EXPECT_FALSE(database_->find_account("a").value());
}

TEST_P(AccountContract, a_taken_name_is_refused_and_the_batch_goes_on) {
  add_user("alice");
  ASSERT_TRUE(database_->begin_batch().ok());
  auto again = database_->add_user({"alice", "other", ""}, 1);
  auto bob = database_->add_user({"bob", "hash", ""}, 1);
  ASSERT_TRUE(database_->commit_batch().ok());
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error(), StoreError::kNameTaken);
  EXPECT_TRUE(bob.ok());
  EXPECT_TRUE(database_->find_account("bob").value());
  EXPECT_EQ(database_->find_account("alice").value()->password_hash, "hash of alice");
}

TEST_P(AccountContract, a_batch_that_is_rolled_back_leaves_nothing) {
  ASSERT_TRUE(database_->begin_batch().ok());
  ASSERT_TRUE(database_->add_user({"alice", "hash", ""}, 1).ok());
  EXPECT_TRUE(database_->find_account("alice").value());  // the batch sees its own writes
  database_->rollback_batch();
  EXPECT_FALSE(database_->find_account("alice").value());
  EXPECT_NE(add_user("alice"), 0u);
}

TEST_P(AccountContract, a_new_password_moves_the_token_version) {
  const UserId id = add_user("alice");
  const uint32_t before = database_->find_account("alice").value()->token_version;
  ASSERT_TRUE(write([&](Database& db) { return db.set_password_hash(id, "new"); }).ok());
  auto after = database_->find_account("alice").value();
  EXPECT_EQ(after->password_hash, "new");
  EXPECT_NE(after->token_version, before);
}

TEST_P(AccountContract, revoking_tokens_moves_the_token_version_and_nothing_else) {
  add_three_users();
  const Account before = *database_->find_account("bob").value();
  const Profile profile = database_->profiles(std::array{bob_}).value().at(0);
  ASSERT_TRUE(write([&](Database& db) { return db.revoke_tokens(bob_); }).ok());
  const Account after = *database_->find_account("bob").value();
  EXPECT_GT(after.token_version, before.token_version);
  EXPECT_EQ(after.password_hash, before.password_hash);
  EXPECT_FALSE(after.disabled);
  EXPECT_EQ(database_->profiles(std::array{bob_}).value().at(0).updated_at, profile.updated_at);
  EXPECT_EQ(database_->find_account("alice").value()->token_version, before.token_version);
  EXPECT_EQ(database_->find_account("carol").value()->token_version, before.token_version);
}

TEST_P(AccountContract, disabling_moves_the_token_version_and_enabling_does_not_move_it_back) {
  const UserId id = add_user("alice");
  const auto version = [&] { return database_->find_account("alice").value()->token_version; };
  const uint32_t before = version();
  ASSERT_TRUE(write([&](Database& db) { return db.set_disabled(id, true, 2'000); }).ok());
  const uint32_t disabled = version();
  EXPECT_GT(disabled, before);
  ASSERT_TRUE(write([&](Database& db) { return db.set_disabled(id, false, 2'001); }).ok());
  EXPECT_EQ(version(), disabled);
}

TEST_P(AccountContract, an_account_is_disabled_and_enabled_again) {
  const UserId id = add_user("alice");
  ASSERT_TRUE(write([&](Database& db) { return db.set_disabled(id, true, 2'000); }).ok());
  EXPECT_TRUE(database_->find_account("alice").value()->disabled);
  EXPECT_TRUE(database_->profiles(std::array{id}).value().at(0).disabled);
  EXPECT_EQ(database_->profiles(std::array{id}).value().at(0).updated_at, 2'000);
  ASSERT_TRUE(write([&](Database& db) { return db.set_disabled(id, false, 2'001); }).ok());
  EXPECT_FALSE(database_->find_account("alice").value()->disabled);
}

TEST_P(AccountContract, changing_an_unknown_user_is_refused) {
  auto hash = write([](Database& db) { return db.set_password_hash(77, "x"); });
  auto disabled = write([](Database& db) { return db.set_disabled(77, true, 1); });
  auto revoked = write([](Database& db) { return db.revoke_tokens(77); });
  ASSERT_FALSE(revoked.ok());
  EXPECT_EQ(revoked.error(), StoreError::kUnknownUser);
  ASSERT_FALSE(hash.ok());
  EXPECT_EQ(hash.error(), StoreError::kUnknownUser);
  ASSERT_FALSE(disabled.ok());
  EXPECT_EQ(disabled.error(), StoreError::kUnknownUser);
}

TEST_P(AccountContract, profiles_come_in_the_order_asked_without_the_unknown_ones) {
  add_three_users();
  const std::array asked{carol_, UserId{9'999}, alice_};
  auto found = database_->profiles(asked);
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found.value().size(), 2u);
  EXPECT_EQ(found.value()[0].name, "carol");
  EXPECT_EQ(found.value()[1].id, alice_);
  EXPECT_EQ(found.value()[1].nick, "alice");  // none was given
}

TEST_P(AccountContract, changed_profiles_are_those_after_a_time) {
  add_user("old", 100);
  const UserId recent = add_user("recent", 200);
  auto found = database_->profiles_changed(100, 0, 10);
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found.value().size(), 1u);
  EXPECT_EQ(found.value()[0].id, recent);
  EXPECT_EQ(database_->profiles_changed(0, 0, 10).value().size(), 2u);
  EXPECT_TRUE(database_->profiles_changed(INT64_MAX, 0, 10).value().empty());
}

TEST_P(AccountContract, a_change_is_seen_even_where_the_clock_was_set_back) {
  const UserId id = add_user("alice", 5'000);
  ASSERT_TRUE(write([&](Database& db) { return db.set_disabled(id, true, 100); }).ok());
  EXPECT_EQ(database_->profiles_changed(5'000, 0, 10).value().size(), 1u);
}

TEST_P(AccountContract, changed_profiles_are_paged_without_gap_or_repeat) {
  std::vector<UserId> expected;
  for (int i = 0; i < 25; ++i) expected.push_back(add_user("user" + std::to_string(i), 100 + i / 10));
  std::vector<UserId> seen;
  int64_t since = 0;
  UserId after = 0;
  while (true) {
    auto page = database_->profiles_changed(since, after, 4);
    ASSERT_TRUE(page.ok());
    if (page.value().empty()) break;
    for (const Profile& profile : page.value()) seen.push_back(profile.id);
    since = page.value().back().updated_at - 1;
    after = page.value().back().id;
  }
  EXPECT_EQ(seen, expected);
}

}  // namespace
}  // namespace talkbeat
