#include <gtest/gtest.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "msg_server/store/sqlite_database.h"
#include "tests/contract/child_process.h"
#include "tests/contract/temporary_directory.h"

// One SQLite file, several processes: turns, crashes, starting together.
namespace talkbeat {
namespace {

class SqliteProcesses : public ::testing::Test {
 protected:
  std::string path() const { return directory_.path() + "/talkbeat.db"; }

  static std::unique_ptr<SqliteDatabase> open(const std::string& path) {
    auto opened = SqliteDatabase::open({.path = path, .upkeep_pages = 200, .upkeep_in_commit = true});
    if (!opened.ok()) ::_exit(3);
    return std::move(opened.value());
  }
  void add_users(int count) {
    auto database = open(path());
    ASSERT_TRUE(database->begin_batch().ok());
    for (int i = 1; i <= count; ++i) ASSERT_TRUE(database->add_user({"user" + std::to_string(i), "", ""}, 1).ok());
    ASSERT_TRUE(database->commit_batch().ok());
  }
  static bool commit_one(SqliteDatabase& database, UserId from, UserId to, uint64_t key) {
    if (!database.begin_batch().ok()) return false;
    if (!database.append({from, {ConversationKind::kSingle, to}, 1, std::string(300, 'x'), 1, key}).ok()) return false;
    return database.commit_batch().ok();
  }
  std::vector<SequencedMessage> all_messages() { return open(path())->messages_after(0, 1'000'000).value(); }
  std::string integrity() {
    return SqliteConnection::open(path(), false).value().first_value("PRAGMA integrity_check").value();
  }

  TemporaryDirectory directory_;
};

size_t longest_run(const std::vector<UserId>& writers) {
  size_t longest = 0;
  size_t run = 0;
  for (size_t i = 0; i < writers.size(); ++i) {
    run = i > 0 && writers[i] == writers[i - 1] ? run + 1 : 1;
    longest = std::max(longest, run);
  }
  return longest;
}

// The senders in the order of their commits, from the moment both write until one has finished.
std::vector<UserId> contested(const std::vector<SequencedMessage>& messages, size_t each) {
  std::array<size_t, 3> count{};
  std::vector<UserId> writers;
  for (const SequencedMessage& message : messages) {
    ++count.at(message.message.from);
    if (count[1] > 0 && count[2] > 0) writers.push_back(message.message.from);
    if (count[1] == each || count[2] == each) break;
  }
  return writers;
}

TEST_F(SqliteProcesses, two_writers_take_turns) {
  add_users(3);
  constexpr size_t kEach = 400;
  const auto writer = [this](UserId from) {
    return [this, from](const ChildProcess::Report& report) {
      auto database = open(path());
      for (uint64_t i = 1; i <= kEach; ++i) {
        if (!commit_one(*database, from, 3, i)) ::_exit(4);
      }
      report(kEach);
    };
  };
  {
    ChildProcess first(writer(1));
    ChildProcess second(writer(2));
    EXPECT_EQ(first.wait(), 0);
    EXPECT_EQ(second.wait(), 0);
  }
  const auto messages = all_messages();
  EXPECT_EQ(messages.size(), 2 * kEach);
  const std::vector<UserId> writers = contested(messages, kEach);
  // A process that the scheduler has put aside does not stand in the queue: so not 1, but far from starving.
  EXPECT_LT(longest_run(writers), kEach / 4);
  RecordProperty("longest_run", static_cast<int>(longest_run(writers)));
}

TEST_F(SqliteProcesses, a_writer_killed_in_its_turn_does_not_keep_the_others_out) {
  add_users(2);
  ChildProcess holder([this](const ChildProcess::Report& report) {
    auto database = open(path());
    if (!database->begin_batch().ok()) ::_exit(4);
    report(1);
    ::pause();
  });
  uint64_t number = 0;
  ASSERT_TRUE(holder.read(number));
  holder.kill();
  EXPECT_TRUE(commit_one(*open(path()), 1, 2, 1));
}

TEST_F(SqliteProcesses, many_may_start_at_once_on_a_new_file) {
  std::vector<std::unique_ptr<ChildProcess>> children;
  for (int i = 0; i < 6; ++i) {
    children.push_back(std::make_unique<ChildProcess>([this, i](const ChildProcess::Report&) {
      auto database = open(path());
      if (!database->begin_batch().ok()) ::_exit(4);
      if (!database->add_user({"user" + std::to_string(i), "", ""}, 1).ok()) ::_exit(5);
      if (!database->commit_batch().ok()) ::_exit(6);
    }));
  }
  for (const auto& child : children) EXPECT_EQ(child->wait(), 0);
  EXPECT_EQ(open(path())->profiles_changed(0, 0, 100).value().size(), 6u);
}

TEST_F(SqliteProcesses, kill_9_at_any_moment_loses_no_committed_message_and_doubles_none) {
  add_users(2);
  std::mt19937 random(7);
  std::set<uint64_t> acked;
  for (uint64_t round = 0; round < 30; ++round) {
    ChildProcess child([this, round](const ChildProcess::Report& report) {
      auto database = open(path());
      for (uint64_t key = round * 1'000'000;; ++key) {
        if (!commit_one(*database, 1 + key % 2, 2 - key % 2, key)) ::_exit(4);
        report(key);
      }
    });
    uint64_t key = 0;
    for (auto acks = random() % 40; acks > 0 && child.read(key); --acks) acked.insert(key);
    // Not waiting for anything: moves the kill to some point inside the next commits.
    const timespec moment{0, static_cast<long>(random() % 3'000'000)};
    ::nanosleep(&moment, nullptr);
    child.kill();
    while (child.read(key)) acked.insert(key);
  }
  EXPECT_EQ(integrity(), "ok");
  std::multiset<uint64_t> stored;
  uint32_t last_msg_id = 0;
  for (const SequencedMessage& message : all_messages()) {
    stored.insert(message.client_key.value());
    EXPECT_EQ(message.message.msg_id, ++last_msg_id);
  }
  for (const uint64_t key : acked) EXPECT_EQ(stored.count(key), 1u) << key;
  EXPECT_EQ(stored.size(), std::set<uint64_t>(stored.begin(), stored.end()).size());
  EXPECT_GT(acked.size(), 100u);
}

}  // namespace
}  // namespace talkbeat
