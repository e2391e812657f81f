#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "msg_server/store/sqlite_database.h"
#include "tests/contract/temporary_directory.h"

namespace talkbeat {

/// A kind of database that has to pass the suite.
struct DatabaseKind {
  std::string name;
  std::unique_ptr<Database> (*open)(const std::string& directory);
};

inline void PrintTo(const DatabaseKind& kind, std::ostream* out) {
  *out << kind.name;
}

inline std::unique_ptr<Database> open_sqlite(const std::string& path) {
  auto opened = SqliteDatabase::open({.path = path});
  return opened.ok() ? std::move(opened.value()) : nullptr;
}

/// Every kind of database that has to pass the suite.
inline std::vector<DatabaseKind> database_kinds() {
  return {{"SqliteFile", [](const std::string& directory) { return open_sqlite(directory + "/talkbeat.db"); }},
          {"SqliteMemory", [](const std::string&) { return open_sqlite(":memory:"); }}};
}

inline std::string kind_name(const ::testing::TestParamInfo<DatabaseKind>& info) {
  return info.param.name;
}

/// A fresh, empty database of each kind.
class DatabaseContract : public ::testing::TestWithParam<DatabaseKind> {
 protected:
  void SetUp() override {
    database_ = GetParam().open(directory_.path());
    ASSERT_NE(database_, nullptr);
  }

  /// One write in a batch of its own.
  template <class Work>
  auto write(Work work) {
    EXPECT_TRUE(database_->begin_batch().ok());
    auto result = work(*database_);
    EXPECT_TRUE(database_->commit_batch().ok());
    return result;
  }

  template <class T>
  static void expect_refused(const StoreResult<T>& result, StoreError error) {
    ASSERT_FALSE(result.ok());
    EXPECT_STREQ(to_string(result.error()), to_string(error));
  }

  UserId add_user(const std::string& name, int64_t now = 1'000) {
    auto id = write([&](Database& db) { return db.add_user({name, "hash of " + name, ""}, now); });
    EXPECT_TRUE(id.ok());
    return id.ok() ? id.value() : 0;
  }
  /// alice < bob < carol.
  void add_three_users() {
    alice_ = add_user("alice");
    bob_ = add_user("bob");
    carol_ = add_user("carol");
  }

  StoreResult<Appended> try_send(UserId from, UserId to, const std::string& body, int64_t at = 5'000,
                                 std::optional<uint64_t> key = std::nullopt) {
    return write([&](Database& db) { return db.append({from, single(to), 1, body, at, key}); });
  }
  Appended send(UserId from, UserId to, const std::string& body, int64_t at = 5'000,
                std::optional<uint64_t> key = std::nullopt) {
    auto appended = try_send(from, to, body, at, key);
    EXPECT_TRUE(appended.ok());
    return appended.ok() ? appended.value() : Appended{};
  }
  StoreResult<bool> mark_read(UserId user, UserId peer, uint32_t msg_id) {
    return write([&](Database& db) { return db.mark_read(user, single(peer), msg_id); });
  }
  /// 0 where the conversation is not among the unread ones.
  uint32_t unread(UserId user, UserId peer) {
    for (const Unread& unread : database_->unread(user).value()) {
      if (unread.ref == single(peer)) return unread.count;
    }
    return 0;
  }

  static ConversationRef single(UserId peer) { return {ConversationKind::kSingle, peer}; }
  static ConversationRef group(uint32_t id) { return {ConversationKind::kGroup, id}; }

  TemporaryDirectory directory_;
  std::unique_ptr<Database> database_;
  UserId alice_ = 0;
  UserId bob_ = 0;
  UserId carol_ = 0;
};

}  // namespace talkbeat
