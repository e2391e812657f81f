// The same password, hashed anew: what changes and what does not.
#include "tests/contract/database_contract.h"

namespace talkbeat {
namespace {

class PasswordHashContract : public DatabaseContract {};

TEST_P(PasswordHashContract, an_upgrade_replaces_the_hash_and_leaves_tokens_and_profile_alone) {
  const UserId user = add_user("alice");
  const Account before = *database_->find_account("alice").value();
  const int64_t updated_at = database_->profiles(std::array{user}).value().front().updated_at;
  EXPECT_TRUE(
      write([&](Database& db) { return db.upgrade_password_hash(user, before.password_hash, "better"); }).value());
  const Account after = *database_->find_account("alice").value();
  EXPECT_EQ(after.password_hash, "better");
  EXPECT_EQ(after.token_version, before.token_version);
  EXPECT_EQ(database_->profiles(std::array{user}).value().front().updated_at, updated_at);
}

TEST_P(PasswordHashContract, a_password_that_was_changed_meanwhile_stays) {
  const UserId user = add_user("alice");
  const std::string old = database_->find_account("alice").value()->password_hash;
  EXPECT_TRUE(write([&](Database& db) { return db.set_password_hash(user, "of the new password"); }).ok());
  EXPECT_FALSE(write([&](Database& db) { return db.upgrade_password_hash(user, old, "better"); }).value());
  EXPECT_EQ(database_->find_account("alice").value()->password_hash, "of the new password");
  EXPECT_FALSE(write([&](Database& db) { return db.upgrade_password_hash(99, old, "better"); }).value());
}

INSTANTIATE_TEST_SUITE_P(Each, PasswordHashContract, ::testing::ValuesIn(database_kinds()), kind_name);

}  // namespace
}  // namespace talkbeat
