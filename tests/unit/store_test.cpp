#include "msg_server/store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "tests/unit/unavailable_database.h"

// Store's batching, over a database that only keeps a diary and an executor that runs when the test says so.
namespace talkbeat {
namespace {

using ::testing::ElementsAre;

// Writes are set_password_hash(user, …) calls: user 13 is unknown, user 666 breaks the database.
class DiaryDatabase final : public UnavailableDatabase {
 public:
  std::vector<std::string> diary;
  bool begin_fails = false;
  bool commit_fails = false;
  bool needs_upkeep = false;

  Status begin_batch() override { return note("begin", begin_fails); }
  Status commit_batch() override { return note("commit", commit_fails); }
  void rollback_batch() override { diary.push_back("rollback"); }
  std::string last_error() const override { return "it broke"; }
  bool upkeep_due() const override { return needs_upkeep; }
  Status upkeep() override { return note("upkeep", false); }

  StoreResult<Done> set_password_hash(UserId user, std::string_view) override {
    diary.push_back("write " + std::to_string(user));
    if (user == 13) return StoreError::kUnknownUser;
    if (user == 666) return StoreError::kUnavailable;
    return Done{};
  }
  StoreResult<Appended> append(const NewMessage& message) override {
    diary.push_back("append " + std::to_string(message.body.size()));
    return Appended{.msg_id = 1};
  }
  StoreResult<uint64_t> latest_sequence() override {
    diary.push_back("read");
    return uint64_t{42};
  }

 private:
  Status note(const char* what, bool fails) {
    diary.push_back(what);
    return fails ? Status(Error{std::string(what) + " failed"}) : Status();
  }
};

class StepExecutor final : public Executor {
 public:
  bool full = false;

  bool try_submit(Job job) override {
    if (!full) jobs_.push_back(std::move(job));
    return !full;
  }
  size_t pending() const override { return jobs_.size(); }

  /// The worker's half of the next job; the result is what runs on the loop.
  Task work() {
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    return job();
  }
  void step() { work()(); }
  void run_all() {
    while (!jobs_.empty()) step();
  }

 private:
  std::deque<Job> jobs_;
};

class StoreTest : public ::testing::Test {
 protected:
  void make_store(Store::Limits limits) {
    store_ = std::make_unique<Store>(writer_, write_executor_, reader_, read_executor_, limits,
                                     [this](Task task) { posted_.push_back(std::move(task)); });
  }
  void SetUp() override { make_store({}); }

  void write(UserId user) {
    store_->write<Done>([user](Database& db) { return db.set_password_hash(user, "x"); },
                        [this, user](StoreResult<Done> result) { note(user, result); });
  }
  void write_all(std::initializer_list<UserId> users) {
    for (const UserId user : users) write(user);
  }
  void append(size_t bytes) {
    NewMessage sent;
    sent.body = std::string(bytes, 'x');
    store_->append(std::move(sent), [this](const NewMessage& message, const StoreResult<Appended>& result) {
      const std::string outcome = result.ok() ? "ok" : to_string(result.error());
      answers_.push_back(std::to_string(message.body.size()) + " bytes " + outcome);
    });
  }
  void note(UserId user, const StoreResult<Done>& result) {
    answers_.push_back(std::to_string(user) + (result.ok() ? " ok" : std::string(" ") + to_string(result.error())));
  }
  void run_posted() {
    std::deque<Task> tasks = std::move(posted_);
    posted_.clear();
    for (const Task& task : tasks) task();
  }

  DiaryDatabase writer_;
  DiaryDatabase reader_;
  StepExecutor write_executor_;
  StepExecutor read_executor_;
  std::deque<Task> posted_;
  std::vector<std::string> answers_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, a_lone_write_is_committed_at_once_and_answered_after_the_commit) {
  write(1);
  EXPECT_EQ(store_->pending_writes(), 1u);
  Task completion = write_executor_.work();
  EXPECT_THAT(writer_.diary, ElementsAre("begin", "write 1", "commit"));
  EXPECT_TRUE(answers_.empty());
  completion();
  EXPECT_THAT(answers_, ElementsAre("1 ok"));
  EXPECT_EQ(store_->pending_writes(), 0u);
  EXPECT_EQ(write_executor_.pending(), 0u);
}

TEST_F(StoreTest, what_arrives_during_a_commit_becomes_the_next_batch) {
  write_all({1, 2, 3});
  write_executor_.step();
  EXPECT_THAT(answers_, ElementsAre("1 ok"));
  write_executor_.step();
  EXPECT_THAT(writer_.diary, ElementsAre("begin", "write 1", "commit", "begin", "write 2", "write 3", "commit"));
  EXPECT_THAT(answers_, ElementsAre("1 ok", "2 ok", "3 ok"));
  EXPECT_EQ(store_->stats().batches, 2u);
  EXPECT_EQ(store_->stats().writes, 3u);
}

TEST_F(StoreTest, a_batch_holds_no_more_than_its_limit) {
  make_store({.max_queued_writes = 100, .max_batch = 2});
  write_all({1, 2, 3, 4});
  write_executor_.run_all();
  EXPECT_THAT(writer_.diary, ElementsAre("begin", "write 1", "commit", "begin", "write 2", "write 3", "commit", "begin",
                                         "write 4", "commit"));
  EXPECT_THAT(answers_, ElementsAre("1 ok", "2 ok", "3 ok", "4 ok"));
}

TEST_F(StoreTest, a_refused_write_does_not_harm_its_batch) {
  write_all({1, 2, 13, 3});
  write_executor_.run_all();
  EXPECT_THAT(answers_, ElementsAre("1 ok", "2 ok", "13 unknown user", "3 ok"));
}

TEST_F(StoreTest, a_write_that_breaks_the_database_fails_its_whole_batch_and_the_next_one_goes_on) {
  write_all({1, 2, 666, 3});
  write_executor_.step();
  write_executor_.step();
  EXPECT_THAT(answers_, ElementsAre("1 ok", "2 unavailable", "666 unavailable", "3 unavailable"));
  EXPECT_EQ(writer_.diary.back(), "rollback");
  EXPECT_EQ(store_->stats().last_error, "a write failed: it broke");
  write(4);
  write_executor_.step();
  EXPECT_EQ(answers_.back(), "4 ok");
}

TEST_F(StoreTest, a_failed_begin_or_commit_is_unavailable_for_all_of_the_batch) {
  writer_.begin_fails = true;
  write(1);
  write_executor_.step();
  writer_.begin_fails = false;
  writer_.commit_fails = true;
  write(2);
  write(3);
  write_executor_.run_all();
  EXPECT_THAT(answers_, ElementsAre("1 unavailable", "2 unavailable", "3 unavailable"));
  EXPECT_EQ(store_->stats().failed_batches, 3u);
  EXPECT_EQ(store_->stats().last_error, "commit failed");
}

TEST_F(StoreTest, past_the_queues_limit_a_write_is_busy_but_never_inside_the_call) {
  make_store({.max_queued_writes = 2, .max_batch = 10});
  write_all({1, 2, 3});
  EXPECT_TRUE(answers_.empty());
  EXPECT_EQ(store_->pending_writes(), 2u);
  run_posted();
  EXPECT_THAT(answers_, ElementsAre("3 busy"));
  write_executor_.run_all();
  EXPECT_THAT(answers_, ElementsAre("3 busy", "1 ok", "2 ok"));
  EXPECT_EQ(store_->stats().busy, 1u);
}

TEST_F(StoreTest, messages_that_wait_are_bounded_by_their_bytes) {
  make_store({.max_queued_bytes = 100});
  append(1'000);  // one that is longer than the limit waits alone, or is never stored; this one does not wait at all
  append(60);
  append(50);
  append(40);
  run_posted();
  EXPECT_THAT(answers_, ElementsAre("50 bytes busy"));
  write_executor_.run_all();
  EXPECT_THAT(answers_, ElementsAre("50 bytes busy", "1000 bytes ok", "60 bytes ok", "40 bytes ok"));
  append(1);
  append(100);
  write_executor_.run_all();
  EXPECT_EQ(answers_.back(), "100 bytes ok") << "what has been stored waits no more";
  EXPECT_EQ(store_->pending_writes(), 0u);
}

TEST_F(StoreTest, a_batch_holds_no_more_bytes_than_its_limit_but_always_one_message) {
  make_store({.max_batch_bytes = 100});
  append(1);
  append(60);
  append(40);
  append(300);
  write(7);
  write_executor_.run_all();
  EXPECT_THAT(writer_.diary, ElementsAre("begin", "append 1", "commit", "begin", "append 60", "append 40", "commit",
                                         "begin", "append 300", "commit", "begin", "write 7", "commit"));
}

TEST_F(StoreTest, an_executor_that_refuses_makes_the_batch_busy_and_the_next_one_is_tried) {
  write_executor_.full = true;
  write(1);
  write(2);
  EXPECT_TRUE(answers_.empty());
  write_executor_.full = false;
  run_posted();
  EXPECT_THAT(answers_, ElementsAre("1 busy"));
  write_executor_.run_all();
  EXPECT_THAT(answers_, ElementsAre("1 busy", "2 ok"));
  EXPECT_EQ(store_->pending_writes(), 0u);
}

TEST_F(StoreTest, what_has_no_answer_yet_is_counted_wherever_it_is) {
  make_store({.max_queued_writes = 3});
  EXPECT_EQ(store_->unanswered(), 0u);
  write_all({1, 2, 3, 4});  // one is being committed, two wait, and one is refused
  EXPECT_EQ(store_->unanswered(), 4u);
  run_posted();
  EXPECT_EQ(store_->unanswered(), 3u);
  write_executor_.step();
  EXPECT_EQ(store_->unanswered(), 2u);
  write_executor_.run_all();
  EXPECT_EQ(store_->unanswered(), 0u);
}

TEST_F(StoreTest, new_messages_are_counted_at_their_commit) {
  append(1);
  append(2);
  write(1);
  EXPECT_EQ(store_->stats().messages, 0u);
  write_executor_.run_all();
  EXPECT_EQ(store_->stats().messages, 2u);
  writer_.commit_fails = true;
  append(3);
  write_executor_.run_all();
  EXPECT_EQ(store_->stats().messages, 2u);
}

TEST_F(StoreTest, a_callback_may_write_again) {
  store_->write<Done>([](Database& db) { return db.set_password_hash(1, "x"); },
                      [this](StoreResult<Done>) { write(2); });
  write_executor_.run_all();
  EXPECT_THAT(answers_, ElementsAre("2 ok"));
}

TEST_F(StoreTest, reads_go_to_the_reader_and_are_answered_on_the_loop) {
  uint64_t answer = 0;
  store_->read<uint64_t>([](Database& db) { return db.latest_sequence(); },
                         [&answer](StoreResult<uint64_t> result) { answer = result.value(); });
  Task completion = read_executor_.work();
  EXPECT_EQ(answer, 0u);
  completion();
  EXPECT_EQ(answer, 42u);
  EXPECT_THAT(reader_.diary, ElementsAre("read"));
  EXPECT_TRUE(writer_.diary.empty());
}

TEST_F(StoreTest, a_read_that_finds_no_room_is_busy_on_a_later_turn) {
  read_executor_.full = true;
  std::optional<StoreError> error;
  store_->read<uint64_t>([](Database& db) { return db.latest_sequence(); },
                         [&error](StoreResult<uint64_t> result) { error = result.error(); });
  EXPECT_FALSE(error);
  run_posted();
  EXPECT_EQ(error, StoreError::kBusy);
}

TEST_F(StoreTest, upkeep_runs_beside_the_commits_and_once_at_a_time) {
  writer_.needs_upkeep = true;
  write(1);
  write_executor_.step();
  write(2);
  write_executor_.step();
  EXPECT_EQ(read_executor_.pending(), 1u);
  writer_.needs_upkeep = false;
  read_executor_.step();
  EXPECT_THAT(reader_.diary, ElementsAre("upkeep"));
  EXPECT_EQ(store_->stats().upkeeps, 1u);
  write(3);
  write_executor_.step();
  EXPECT_EQ(read_executor_.pending(), 0u);
}

TEST_F(StoreTest, a_store_that_went_away_is_not_touched_and_answers_nothing) {
  write_all({1, 2});
  store_->read<uint64_t>([](Database& db) { return db.latest_sequence(); },
                         [this](StoreResult<uint64_t>) { answers_.push_back("read"); });
  write_executor_.full = true;
  make_store({});
  write(3);
  store_.reset();
  write_executor_.run_all();
  read_executor_.run_all();
  run_posted();
  EXPECT_TRUE(answers_.empty());
  EXPECT_THAT(writer_.diary, ElementsAre("begin", "write 1", "commit"));
}

TEST_F(StoreTest, a_callback_may_destroy_the_store) {
  make_store({.max_queued_writes = 10, .max_batch = 10});
  write(1);
  store_->write<Done>([](Database& db) { return db.set_password_hash(2, "x"); },
                      [this](StoreResult<Done>) { store_.reset(); });
  write(3);
  write_executor_.run_all();
  EXPECT_THAT(answers_, ElementsAre("1 ok"));
}

}  // namespace
}  // namespace talkbeat
