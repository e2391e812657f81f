#include "tests/contract/database_contract.h"

// What every database must do with offline files.
namespace talkbeat {
namespace {

class FileContract : public DatabaseContract {
 protected:
  void SetUp() override {
    DatabaseContract::SetUp();
    add_three_users();
  }

  OfflineFile file(const std::string& task_id, uint32_t size = 10, int64_t created_at = 100) {
    return {.task_id = task_id,
            .from = alice_,
            .to = bob_,
            .name = "holiday.jpg",
            .size = size,
            .complete = false,
            .created_at = created_at,
            .expires_at = created_at + 100};
  }
  StoreResult<Done> add(const OfflineFile& file, FileQuota quota = {1'000'000, 10'000'000}) {
    return write([&](Database& db) { return db.add_file(file, quota); });
  }
  bool complete(const std::string& task_id, int64_t expires_at) {
    return write([&](Database& db) { return db.complete_file(task_id, expires_at); }).value();
  }
  bool drop(const std::string& task_id) {
    return write([&](Database& db) { return db.delete_file(task_id); }).value();
  }
  static std::vector<std::string> tasks(const StoreResult<std::vector<OfflineFile>>& files) {
    std::vector<std::string> found;
    for (const OfflineFile& file : files.value()) found.push_back(file.task_id);
    return found;
  }
};
INSTANTIATE_TEST_SUITE_P(Each, FileContract, ::testing::ValuesIn(database_kinds()), kind_name);

using Tasks = std::vector<std::string>;

TEST_P(FileContract, a_file_comes_back_as_it_was_added) {
  OfflineFile added = file("task", 4'000'000'000);
  added.name = std::string("../etc/\0\xff", 9);
  ASSERT_TRUE(add(added, {5'000'000'000, 5'000'000'000}).ok());
  auto found = database_->find_file("task");
  ASSERT_TRUE(found.value());
  EXPECT_EQ(found.value()->task_id, "task");
  EXPECT_EQ(found.value()->from, alice_);
  EXPECT_EQ(found.value()->to, bob_);
  EXPECT_EQ(found.value()->name, added.name);
  EXPECT_EQ(found.value()->size, 4'000'000'000u);
  EXPECT_FALSE(found.value()->complete);
  EXPECT_EQ(found.value()->created_at, 100);
  EXPECT_EQ(found.value()->expires_at, 200);
  EXPECT_FALSE(database_->find_file("other").value());
}

TEST_P(FileContract, a_receiver_hears_of_complete_files_oldest_first_until_they_expire) {
  ASSERT_TRUE(add(file("later", 1, 110)).ok());
  ASSERT_TRUE(add(file("first", 1, 100)).ok());
  ASSERT_TRUE(add(file("unfinished", 1, 90)).ok());
  ASSERT_TRUE(complete("later", 210));
  ASSERT_TRUE(complete("first", 200));
  EXPECT_EQ(tasks(database_->files_for(bob_, 150, 10)), (Tasks{"first", "later"}));
  EXPECT_EQ(tasks(database_->files_for(bob_, 150, 1)), (Tasks{"first"}));
  EXPECT_EQ(tasks(database_->files_for(bob_, 200, 10)), (Tasks{"later"}));
  EXPECT_EQ(tasks(database_->files_for(alice_, 150, 10)), (Tasks{}));
}

TEST_P(FileContract, a_file_is_completed_and_deleted_once) {
  ASSERT_TRUE(add(file("task")).ok());
  EXPECT_TRUE(complete("task", 200));
  EXPECT_FALSE(complete("task", 200));
  EXPECT_TRUE(drop("task"));
  EXPECT_FALSE(drop("task"));
  EXPECT_FALSE(complete("task", 200));
  EXPECT_FALSE(database_->find_file("task").value());
}

TEST_P(FileContract, a_file_that_has_become_complete_has_another_life_which_is_not_made_longer_again) {
  ASSERT_TRUE(add(file("task", 1, 100)).ok());
  ASSERT_TRUE(complete("task", 900));
  EXPECT_FALSE(complete("task", 2'000));
  EXPECT_EQ(database_->find_file("task").value()->expires_at, 900);
  EXPECT_EQ(tasks(database_->expired_files(899, 10)), (Tasks{}));
  EXPECT_EQ(tasks(database_->files_for(bob_, 899, 10)), (Tasks{"task"}));
  EXPECT_EQ(tasks(database_->expired_files(900, 10)), (Tasks{"task"}));
}

TEST_P(FileContract, expired_files_are_found_complete_or_not) {
  ASSERT_TRUE(add(file("b", 1, 101)).ok());
  ASSERT_TRUE(add(file("a", 1, 100)).ok());
  ASSERT_TRUE(complete("a", 200));
  EXPECT_EQ(tasks(database_->expired_files(199, 10)), (Tasks{}));
  EXPECT_EQ(tasks(database_->expired_files(200, 10)), (Tasks{"a"}));
  EXPECT_EQ(tasks(database_->expired_files(201, 10)), (Tasks{"a", "b"}));
  EXPECT_EQ(tasks(database_->expired_files(201, 1)), (Tasks{"a"}));
}

TEST_P(FileContract, a_senders_quota_counts_its_files_by_their_full_sizes) {
  ASSERT_TRUE(add(file("1", 600'000)).ok());
  expect_refused(add(file("2", 401'000)), StoreError::kLimitReached);
  EXPECT_FALSE(database_->find_file("2").value());
  ASSERT_TRUE(add(file("3", 400'000)).ok());
  OfflineFile of_carol = file("4", 1'000'000);
  of_carol.from = carol_;
  EXPECT_TRUE(add(of_carol).ok());
  ASSERT_TRUE(drop("1"));
  EXPECT_TRUE(add(file("5", 600'000)).ok());
}

TEST_P(FileContract, the_quota_of_all_counts_everybodys) {
  const FileQuota quota{1'000'000, 1'500'000};
  ASSERT_TRUE(add(file("1", 1'000'000), quota).ok());
  OfflineFile of_carol = file("2", 501'000);
  of_carol.from = carol_;
  expect_refused(add(of_carol, quota), StoreError::kLimitReached);
  of_carol.size = 500'000;
  EXPECT_TRUE(add(of_carol, quota).ok());
  ASSERT_TRUE(drop("1"));
  EXPECT_TRUE(add(file("3", 1'000'000), quota).ok());
  expect_refused(add(file("4", 1), {0, 0}), StoreError::kLimitReached);
}

TEST_P(FileContract, small_files_count_for_a_least_size_so_that_their_number_is_bounded) {
  const FileQuota quota{3ULL * kLeastFileCharge, 10ULL * kLeastFileCharge};
  for (const char* task : {"1", "2", "3"}) ASSERT_TRUE(add(file(task, 0), quota).ok());
  expect_refused(add(file("4", 0), quota), StoreError::kLimitReached);
  ASSERT_TRUE(drop("2"));
  EXPECT_TRUE(add(file("4", 1), quota).ok());
}

TEST_P(FileContract, a_rolled_back_file_takes_no_room) {
  ASSERT_TRUE(database_->begin_batch().ok());
  ASSERT_TRUE(database_->add_file(file("1", 1'000'000), {1'000'000, 1'000'000}).ok());
  database_->rollback_batch();
  EXPECT_TRUE(add(file("2", 1'000'000), {1'000'000, 1'000'000}).ok());
}

TEST_P(FileContract, strangers_and_a_task_id_in_use_are_refused) {
  ASSERT_TRUE(add(file("task", 10)).ok());
  expect_refused(add(file("task", 20)), StoreError::kNameTaken);
  EXPECT_EQ(database_->find_file("task").value()->size, 10u);
  EXPECT_TRUE(add(file("other", 990)).ok());  // the refused one takes no room
  OfflineFile to_nobody = file("x", 1);
  to_nobody.to = 999;
  expect_refused(add(to_nobody), StoreError::kUnknownUser);
  ASSERT_TRUE(write([&](Database& db) { return db.set_disabled(alice_, true, 1); }).ok());
  expect_refused(add(file("y", 0)), StoreError::kUnknownUser);
}

}  // namespace
}  // namespace talkbeat
