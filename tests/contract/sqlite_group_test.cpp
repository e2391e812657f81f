#include <gtest/gtest.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "msg_server/store/sqlite_database.h"
#include "tests/contract/child_process.h"
#include "tests/contract/temporary_directory.h"

// Groups in one SQLite file that several processes change, and large ones.
namespace talkbeat {
namespace {

class SqliteGroups : public ::testing::Test {
 protected:
  std::string path() const { return directory_.path() + "/talkbeat.db"; }

  static std::unique_ptr<SqliteDatabase> open(const std::string& path) {
    auto opened = SqliteDatabase::open({.path = path});
    if (!opened.ok()) ::_exit(3);
    return std::move(opened.value());
  }
  /// One write in a batch of its own; in a child process a failure ends it.
  template <class Work>
  static auto write(Database& database, Work work) {
    if (!database.begin_batch().ok()) ::_exit(4);
    auto result = work(database);
    if (!database.commit_batch().ok()) ::_exit(5);
    return result;
  }
  /// Users 1 to `count`, and a group of the first `members` of them.
  GroupId prepare(UserId count, UserId members) {
    auto database = open(path());
    EXPECT_TRUE(database->begin_batch().ok());
    for (UserId i = 1; i <= count; ++i) EXPECT_TRUE(database->add_user({"user" + std::to_string(i), "", ""}, 1).ok());
    auto made = database->create_group({.name = "g", .avatar_url = "", .creator = 1, .members = first(members)}, 1);
    EXPECT_TRUE(database->commit_batch().ok());
    return made.value().now.group.id;
  }
  static std::vector<UserId> first(UserId count) {
    std::vector<UserId> users(count);
    for (UserId i = 0; i < count; ++i) users[i] = i + 1;
    return users;
  }
  static StoreResult<Appended> say(Database& database, UserId from, GroupId group, size_t size, uint64_t key) {
    return write(database, [&](Database& db) {
      return db.append({from, {ConversationKind::kGroup, group}, 0x11, std::string(size, 'x'), 1, key});
    });
  }
  using Work = std::function<void(const ChildProcess::Report&)>;
  /// What two processes report that run at once.
  static std::pair<uint64_t, uint64_t> together(const Work& one, const Work& two) {
    ChildProcess first_child(one);
    ChildProcess second_child(two);
    std::pair<uint64_t, uint64_t> reported;
    EXPECT_TRUE(first_child.read(reported.first));
    EXPECT_TRUE(second_child.read(reported.second));
    EXPECT_EQ(first_child.wait(), 0);
    EXPECT_EQ(second_child.wait(), 0);
    return reported;
  }
  off_t log_bytes() const {
    struct stat info {};
    EXPECT_EQ(::stat((path() + "-wal").c_str(), &info), 0);
    return info.st_size;
  }

  TemporaryDirectory directory_;
};

TEST_F(SqliteGroups, a_change_by_one_connection_counts_for_the_other_at_once) {
  const GroupId group = prepare(3, 2);
  auto here = open(path());
  auto there = open(path());
  const auto change = [group](Database& database, UserId actor, bool add, UserId user) {
    return write(database, [&](Database& db) {
      return db.change_members({.group = group, .actor = actor, .add = add, .users = {user}}, 1);
    });
  };
  EXPECT_EQ(change(*here, 1, true, 3).value().now.group.version, 2u);
  EXPECT_TRUE(change(*there, 1, true, 3).value().changed.empty());
  EXPECT_EQ(say(*there, 3, group, 1, 1).value().group_version, 2u);
  EXPECT_EQ(change(*there, 1, false, 3).value().now.group.version, 3u);
  EXPECT_EQ(say(*here, 3, group, 1, 2).error(), StoreError::kNotMember);
  EXPECT_EQ(change(*here, 3, true, 2).error(), StoreError::kNotMember);
  EXPECT_TRUE(change(*here, 1, false, 3).value().changed.empty());
  EXPECT_EQ(here->find_group(group).value()->group.version, 3u);
}

// Each process reports how often the group changed by its doing: together that is how far the version has moved.
TEST_F(SqliteGroups, processes_that_change_a_group_at_once_count_each_change_and_keep_the_limit) {
  constexpr UserId kUsers = 12;
  constexpr size_t kLimit = 6;
  const GroupId group = prepare(kUsers, 1);
  const auto changer = [&](uint32_t seed) {
    return [this, group, seed](const ChildProcess::Report& report) {
      auto database = open(path());
      std::mt19937 random(seed);
      uint64_t changes = 0;
      for (int i = 0; i < 300; ++i) {
        const auto user = static_cast<UserId>(2 + random() % (kUsers - 1));
        const MemberChange change{
            .group = group, .actor = 0, .add = random() % 3 != 0, .users = {user}, .max_members = kLimit};
        auto changed = write(*database, [&](Database& db) { return db.change_members(change, 1); });
        if (!changed.ok() && changed.error() != StoreError::kLimitReached) ::_exit(6);
        if (changed.ok() && changed.value().now.members.size() > kLimit) ::_exit(7);
        if (changed.ok() && !changed.value().changed.empty()) ++changes;
      }
      report(changes);
    };
  };
  const auto [by_one, by_two] = together(changer(1), changer(2));
  EXPECT_GT(std::min(by_one, by_two), 0u);
  const GroupState state = *open(path())->find_group(group).value();
  EXPECT_EQ(state.group.version, 1 + by_one + by_two);
  EXPECT_LE(state.members.size(), kLimit);
}

TEST_F(SqliteGroups, of_two_processes_that_fill_a_group_exactly_as_many_get_in_as_fit) {
  constexpr UserId kUsers = 41;
  const GroupId group = prepare(kUsers, 1);
  const auto filler = [&](UserId begin) {
    return [this, group, begin](const ChildProcess::Report& report) {
      auto database = open(path());
      uint64_t in = 0;
      for (UserId user = begin; user <= kUsers; user += 2) {
        const MemberChange change{.group = group, .actor = 1, .users = {user}, .max_members = 20};
        if (write(*database, [&](Database& db) { return db.change_members(change, 1); }).ok()) ++in;
      }
      report(in);
    };
  };
  const auto [even, odd] = together(filler(2), filler(3));
  EXPECT_EQ(even + odd, 19u);
  EXPECT_EQ(open(path())->find_group(group).value()->members.size(), 20u);
}

// The counters of the members, the messages and the large bodies change in one commit or not at all.
TEST_F(SqliteGroups, kill_9_at_any_moment_leaves_counters_and_large_bodies_that_fit_the_messages) {
  const GroupId group = prepare(3, 3);
  std::mt19937 random(11);
  uint64_t acked = 0;
  for (uint64_t round = 0; round < 20; ++round) {
    ChildProcess child([this, group, round](const ChildProcess::Report& report) {
      auto database = open(path());
      for (uint64_t key = round * 1'000'000;; ++key) {
        const size_t size = key % 3 == 0 ? 20'000 : 20;
        const auto said = say(*database, static_cast<UserId>(1 + key % 2), group, size, key);
        if (!said.ok()) ::_exit(6);
        const ConversationRef ref{ConversationKind::kGroup, group};
        auto read = write(*database, [&](Database& db) { return db.mark_read(3, ref, said.value().msg_id / 2); });
        if (!read.ok()) ::_exit(7);
        report(key);
      }
    });
    uint64_t key = 0;
    for (auto acks = random() % 20; acks > 0 && child.read(key); --acks) ++acked;
    // Not waiting for anything: moves the kill to some point inside the next commits.
    const timespec moment{0, static_cast<long>(random() % 3'000'000)};
    ::nanosleep(&moment, nullptr);
    child.kill();
  }
  auto database = open(path());
  const auto messages = database->messages_after(0, 1'000'000).value();
  EXPECT_GE(messages.size(), acked);
  std::map<UserId, uint32_t> written;
  uint32_t last_msg_id = 0;
  for (const SequencedMessage& message : messages) {
    ++written[message.message.from];
    EXPECT_EQ(message.message.msg_id, ++last_msg_id);
    EXPECT_EQ(message.message.body.size(), *message.client_key % 3 == 0 ? 20'000u : 20u);
  }
  const auto unread = [&](UserId user) { return database->unread(user).value().at(0).count; };
  EXPECT_EQ(unread(1), written[2]);
  EXPECT_EQ(unread(2), written[1]);
  EXPECT_GE(unread(3), last_msg_id - last_msg_id / 2);
  EXPECT_LE(unread(3), last_msg_id - (last_msg_id - 1) / 2);
  EXPECT_EQ(SqliteConnection::open(path(), false).value().first_value("PRAGMA integrity_check").value(), "ok");
  EXPECT_GT(acked, 50u);
}

TEST_F(SqliteGroups, ten_thousand_members_are_created_found_changed_and_deleted) {
  constexpr UserId kMany = 10'000;
  const GroupId group = prepare(kMany + 1, kMany);
  auto database = open(path());
  auto found = database->find_group(group);
  ASSERT_EQ(found.value()->members.size(), kMany);
  EXPECT_EQ(found.value()->members.back().user, kMany);
  auto full = write(*database, [&](Database& db) {
    return db.change_members({.group = group, .actor = 1, .users = {kMany + 1}}, 1);
  });
  EXPECT_EQ(full.error(), StoreError::kLimitReached);
  std::vector<UserId> half = first(kMany);
  half.erase(half.begin(), half.begin() + kMany / 2);
  auto removed = write(*database, [&](Database& db) {
    return db.change_members({.group = group, .actor = 1, .add = false, .users = half}, 1);
  });
  EXPECT_EQ(removed.value().changed, half);
  EXPECT_EQ(removed.value().now.members.size(), kMany / 2);
  EXPECT_EQ(write(*database, [&](Database& db) { return db.delete_group(group); }).value().members.size(), kMany / 2);
  EXPECT_EQ(SqliteConnection::open(path(), false).value().first_value("SELECT count(*) FROM group_members").value(),
            "0");
}

TEST_F(SqliteGroups, a_message_writes_as_little_for_ten_thousand_members_as_for_two) {
  constexpr UserId kMany = 10'000;
  const GroupId large = prepare(kMany, kMany);
  auto database = open(path());
  auto small = write(*database, [&](Database& db) {
    return db.create_group({.name = "s", .avatar_url = "", .creator = 1, .members = {2}}, 1);
  });
  const auto cost = [&](GroupId group, uint64_t key) {
    EXPECT_TRUE(say(*database, 2, group, 10, key).ok());  // the first one may fill pages
    const off_t before = log_bytes();
    EXPECT_TRUE(say(*database, 2, group, 10, key + 1).ok());
    return log_bytes() - before;
  };
  ASSERT_TRUE(SqliteConnection::open(path(), false).value().execute("PRAGMA wal_checkpoint(TRUNCATE)").ok());
  const off_t for_two = cost(small.value().now.group.id, 1);
  EXPECT_GT(for_two, 0);
  EXPECT_LE(cost(large, 3), for_two + 2 * 4'200);  // a deeper tree of members at most
}

}  // namespace
}  // namespace talkbeat
