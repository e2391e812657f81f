#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>

#include "msg_server/store/sqlite_database.h"
#include "tests/contract/temporary_directory.h"

// SQLite's log stays small beside busy writers, and a full disk passes.
namespace talkbeat {
namespace {

class SqliteUpkeep : public ::testing::Test {
 protected:
  void SetUp() override {
    writer_ = open();
    reader_ = open();
    ASSERT_TRUE(writer_->begin_batch().ok());
    ASSERT_TRUE(writer_->add_user({"alice", "", ""}, 1).ok());
    ASSERT_TRUE(writer_->add_user({"bob", "", ""}, 1).ok());
    ASSERT_TRUE(writer_->commit_batch().ok());
  }
  std::string path() const { return directory_.path() + "/talkbeat.db"; }
  std::unique_ptr<SqliteDatabase> open() {
    return std::move(SqliteDatabase::open({.path = path(), .upkeep_pages = kPages}).value());
  }
  StoreResult<Appended> append(size_t bytes) {
    return writer_->append({1, {ConversationKind::kSingle, 2}, 1, std::string(bytes, 'x'), 1, std::nullopt});
  }
  bool commit(int messages, size_t bytes) {
    if (!writer_->begin_batch().ok()) return false;
    bool stored = true;
    for (int i = 0; i < messages && stored; ++i) stored = append(bytes).ok();
    return writer_->commit_batch().ok() && stored;
  }
  uintmax_t log_bytes() const { return std::filesystem::file_size(path() + "-wal"); }

  static constexpr int kPages = 100;
  TemporaryDirectory directory_;
  std::unique_ptr<SqliteDatabase> writer_;
  std::unique_ptr<SqliteDatabase> reader_;
};

TEST_F(SqliteUpkeep, commits_leave_the_log_alone_and_say_when_upkeep_is_due) {
  EXPECT_FALSE(writer_->upkeep_due());
  int commits = 0;
  while (!writer_->upkeep_due() && commits < 1'000) {
    ASSERT_TRUE(commit(10, 1'000));
    ++commits;
  }
  ASSERT_TRUE(writer_->upkeep_due());
  EXPECT_GE(log_bytes(), kPages * 4'096u);
  ASSERT_TRUE(reader_->upkeep().ok());
  ASSERT_TRUE(commit(1, 10));
  EXPECT_FALSE(writer_->upkeep_due());
}

TEST_F(SqliteUpkeep, the_log_stays_bounded_beside_a_writer_that_never_rests) {
  std::atomic<bool> stop = false;
  std::atomic<bool> due = false;
  std::atomic<int> upkeeps = 0;
  std::thread upkeeper([&] {
    while (!stop) {
      due.wait(false);
      due = false;
      if (!stop && reader_->upkeep().ok()) ++upkeeps;
    }
  });
  uintmax_t largest = 0;
  for (int i = 0; i < 800; ++i) {
    EXPECT_TRUE(commit(10, 2'000));
    largest = std::max(largest, log_bytes());
    due = writer_->upkeep_due();
    due.notify_one();
  }
  stop = true;
  due = true;
  due.notify_one();
  upkeeper.join();
  EXPECT_GT(upkeeps, 3);
  // 8,000 messages of 2,000 bytes are 16 MB at least, and several times that as a log that was never begun anew.
  EXPECT_LT(largest, 8u << 20);
  EXPECT_EQ(writer_->latest_sequence().value(), 8'000u);
}

// The kernel refuses to let files grow, as a full disk does.
class NoRoom {
 public:
  explicit NoRoom(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit tight{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &tight);
  }
  ~NoRoom() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, SIG_DFL);
  }

 private:
  rlimit before_{};
};

TEST_F(SqliteUpkeep, without_room_nothing_is_acked_and_with_room_it_goes_on_without_reopening) {
  ASSERT_TRUE(commit(5, 100));
  bool failed_once = false;
  std::string reason;
  {
    const NoRoom no_room(log_bytes() + 50'000);
    for (int i = 0; i < 20; ++i) {
      const bool stored = commit(20, 1'000);
      failed_once = failed_once || !stored;
      if (!stored && reason.empty()) reason = writer_->last_error();
    }
    EXPECT_TRUE(reader_->latest_sequence().ok());  // reading goes on
  }
  EXPECT_TRUE(failed_once);
  EXPECT_FALSE(reason.empty());
  const uint64_t before = writer_->latest_sequence().value();
  EXPECT_EQ(before % 20, 5u);  // whole batches only
  ASSERT_TRUE(commit(3, 100));
  EXPECT_EQ(reader_->latest_sequence().value(), before + 3);
}

TEST_F(SqliteUpkeep, after_a_failure_inside_a_batch_the_rest_of_it_fails_too) {
  ASSERT_TRUE(writer_->begin_batch().ok());
  ASSERT_TRUE(append(10).ok());
  bool failed = false;
  {
    const NoRoom no_room(log_bytes() + 4'096);
    // More than the page cache holds, so that pages are written before the commit.
    for (int i = 0; i < 40 && !failed; ++i) failed = !append(1 << 20).ok();
  }
  ASSERT_TRUE(failed);
  auto late = append(10);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error(), StoreError::kUnavailable);
  EXPECT_FALSE(writer_->commit_batch().ok());
  EXPECT_EQ(reader_->latest_sequence().value(), 0u);
  EXPECT_TRUE(commit(1, 10));
}

}  // namespace
}  // namespace talkbeat
