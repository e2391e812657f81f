#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "msg_server/store/pair_cache.h"
#include "msg_server/store/sqlite_database.h"
#include "tests/contract/temporary_directory.h"

// Conversations of two in one SQLite file: what a writer remembers of them, and how a message is found by its id.
namespace talkbeat {
namespace {

constexpr UserId kAlice = 1;
constexpr UserId kBob = 2;
constexpr UserId kCarol = 3;

ConversationRef with(UserId peer) {
  return {ConversationKind::kSingle, peer};
}

class SqlitePairs : public ::testing::Test {
 protected:
  void SetUp() override {
    here_ = open();
    there_ = open();
    write(*here_, [](Database& db) {
      for (const char* name : {"alice", "bob", "carol"}) EXPECT_TRUE(db.add_user({name, "", ""}, 1).ok());
    });
  }
  std::unique_ptr<SqliteDatabase> open() {
    return std::move(SqliteDatabase::open({.path = directory_.path() + "/talkbeat.db"}).value());
  }
  template <class Work>
  static void write(Database& database, Work work) {
    ASSERT_TRUE(database.begin_batch().ok());
    work(database);
    ASSERT_TRUE(database.commit_batch().ok());
  }
  static StoreResult<Appended> say(Database& db, UserId from, UserId to, const std::string& text,
                                   std::optional<uint64_t> key = std::nullopt) {
    return db.append({from, with(to), 1, text, 100, key});
  }
  uint32_t unread(UserId user) { return there_->unread_total(user).value(); }

  TemporaryDirectory directory_;
  std::unique_ptr<SqliteDatabase> here_;
  std::unique_ptr<SqliteDatabase> there_;
};

TEST_F(SqlitePairs, two_connections_that_write_by_turns_count_on) {
  uint32_t expected = 0;
  for (int round = 0; round < 10; ++round) {
    for (SqliteDatabase* database : {here_.get(), there_.get()}) {
      write(*database, [&](Database& db) {
        EXPECT_EQ(say(db, kAlice, kBob, "a").value().msg_id, ++expected);
        EXPECT_EQ(say(db, kBob, kAlice, "b").value().msg_id, ++expected);
      });
    }
  }
  EXPECT_EQ(there_->messages_before(kAlice, with(kBob), 0, 100).value().size(), expected);
  EXPECT_EQ(unread(kAlice), expected / 2);
}

TEST_F(SqlitePairs, a_user_disabled_by_another_connection_gets_nothing_more) {
  write(*here_, [](Database& db) { EXPECT_TRUE(say(db, kAlice, kBob, "1").ok()); });
  write(*there_, [](Database& db) { EXPECT_TRUE(db.set_disabled(kBob, true, 2).ok()); });
  write(*here_, [](Database& db) { EXPECT_EQ(say(db, kAlice, kBob, "2").error(), StoreError::kUnknownUser); });
}

TEST_F(SqlitePairs, a_user_disabled_in_the_same_batch_gets_nothing_more_and_enabled_again_does) {
  write(*here_, [](Database& db) {
    EXPECT_EQ(say(db, kAlice, kBob, "1").value().msg_id, 1u);
    EXPECT_TRUE(db.set_disabled(kBob, true, 2).ok());
    EXPECT_EQ(say(db, kAlice, kBob, "2").error(), StoreError::kUnknownUser);
    EXPECT_TRUE(db.set_disabled(kBob, false, 2).ok());
    EXPECT_EQ(say(db, kAlice, kBob, "3").value().msg_id, 2u);
  });
}

TEST_F(SqlitePairs, lists_and_marks_in_a_batch_see_its_messages) {
  write(*here_, [](Database& db) {
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(say(db, kAlice, kBob, "x").ok());
    EXPECT_EQ(db.unread_total(kBob).value(), 5u);
    EXPECT_TRUE(db.mark_read(kBob, with(kAlice), 3).value());
    EXPECT_EQ(db.unread_total(kBob).value(), 2u);
    EXPECT_TRUE(say(db, kAlice, kBob, "y").ok());
    EXPECT_EQ(db.conversations(kBob, 0, 10).value().at(0).latest.body, "y");
    EXPECT_TRUE(db.remove_conversation(kAlice, with(kBob)).ok());
    EXPECT_TRUE(db.conversations(kAlice, 0, 10).value().empty());
  });
  EXPECT_EQ(unread(kBob), 3u);
  EXPECT_TRUE(there_->conversations(kAlice, 0, 10).value().empty());
}

TEST_F(SqlitePairs, what_was_rolled_back_is_not_remembered) {
  write(*here_, [](Database& db) { EXPECT_TRUE(say(db, kAlice, kBob, "kept").ok()); });
  ASSERT_TRUE(here_->begin_batch().ok());
  EXPECT_EQ(say(*here_, kAlice, kBob, "lost").value().msg_id, 2u);
  EXPECT_EQ(say(*here_, kAlice, kCarol, "lost").value().msg_id, 1u);
  here_->rollback_batch();
  write(*here_, [](Database& db) {
    EXPECT_EQ(say(db, kAlice, kCarol, "first").value().msg_id, 1u);
    EXPECT_EQ(say(db, kAlice, kBob, "second").value().msg_id, 2u);
  });
  EXPECT_EQ(there_->messages_before(kAlice, with(kBob), 0, 9).value().size(), 2u);
}

TEST_F(SqlitePairs, a_key_known_from_another_connection_is_stored_once_and_a_refusal_leaves_no_conversation) {
  write(*there_, [](Database& db) { EXPECT_TRUE(say(db, kAlice, kBob, "once", 9).ok()); });
  write(*here_, [](Database& db) {
    EXPECT_EQ(say(db, kAlice, kCarol, "once", 9).error(), StoreError::kKeyInUse);
    EXPECT_EQ(db.mark_read(kAlice, with(kCarol), 1).error(), StoreError::kUnknownConversation);
    EXPECT_TRUE(say(db, kAlice, kBob, "once", 9).value().duplicate);
    EXPECT_EQ(say(db, kAlice, kBob, "twice", 10).value().msg_id, 2u);
    EXPECT_TRUE(say(db, kAlice, kBob, "twice", 10).value().duplicate);
    EXPECT_TRUE(db.set_disabled(kBob, true, 2).ok());
    EXPECT_TRUE(say(db, kAlice, kBob, "once", 9).value().duplicate);  // what was stored once is told again
  });
}

TEST_F(SqlitePairs, more_conversations_than_are_remembered_lose_nothing) {
  constexpr UserId kUsers = PairCache::kMaxRows + 50;
  write(*here_, [](Database& db) {
    for (UserId i = 4; i <= kUsers; ++i) ASSERT_TRUE(db.add_user({"u" + std::to_string(i), "", ""}, 1).ok());
    for (UserId i = 2; i <= kUsers; ++i) ASSERT_TRUE(say(db, kAlice, i, "x").ok());
    ASSERT_EQ(say(db, kAlice, kBob, "y").value().msg_id, 2u);
  });
  EXPECT_EQ(unread(kBob), 2u);
  EXPECT_EQ(unread(kUsers), 1u);
}

class SqliteChain : public SqlitePairs {
 protected:
  static constexpr uint32_t kMessages = 67;  // four milestones, and some behind the last one
  void SetUp() override {
    SqlitePairs::SetUp();
    write(*here_, [](Database& db) {
      for (uint32_t i = 1; i <= kMessages; ++i) {
        EXPECT_TRUE(say(db, kAlice, kBob, std::to_string(i)).ok());
        EXPECT_TRUE(say(db, i % 2 == 0 ? kAlice : kCarol, i % 2 == 0 ? kCarol : kAlice, "between").ok());
      }
    });
  }
};

TEST_F(SqliteChain, each_message_is_found_by_its_id) {
  for (uint32_t id = 1; id <= kMessages; ++id) {
    const auto found = there_->messages_by_id(kBob, with(kAlice), std::vector{id}).value();
    ASSERT_EQ(found.size(), 1u) << id;
    EXPECT_EQ(found[0].body, std::to_string(id));
  }
}

TEST_F(SqliteChain, any_set_of_ids_comes_in_order_without_those_that_do_not_exist) {
  std::mt19937 random(3);
  for (int round = 0; round < 100; ++round) {
    std::vector<uint32_t> ids;
    for (auto count = random() % 12; count > 0; --count) ids.push_back(static_cast<uint32_t>(random() % 80));
    std::vector<uint32_t> expected;
    for (uint32_t id = 1; id <= kMessages; ++id) {
      if (std::find(ids.begin(), ids.end(), id) != ids.end()) expected.push_back(id);
    }
    std::vector<uint32_t> got;
    for (const Message& message : there_->messages_by_id(kBob, with(kAlice), ids).value()) {
      EXPECT_EQ(message.body, std::to_string(message.msg_id));
      got.push_back(message.msg_id);
    }
    EXPECT_EQ(got, expected);
  }
}

TEST_F(SqliteChain, a_page_before_any_id_has_the_ids_below_it_newest_first) {
  for (uint32_t begin = 0; begin <= kMessages + 3; ++begin) {
    const auto page = there_->messages_before(kBob, with(kAlice), begin, 20).value();
    uint32_t expected = begin == 0 ? kMessages : std::min(begin, kMessages);
    EXPECT_EQ(page.size(), std::min(expected, 20u));
    for (const Message& message : page) {
      EXPECT_EQ(message.msg_id, expected);
      EXPECT_EQ(message.body, std::to_string(expected--));
    }
  }
  EXPECT_TRUE(there_->messages_before(kBob, with(kAlice), 0, 0).value().empty());
}

TEST_F(SqliteChain, what_is_unread_after_a_mark_anywhere_is_what_the_other_wrote_behind_it) {
  for (const uint32_t id : {1u, 15u, 16u, 17u, 40u, 66u, 67u}) {
    write(*here_, [id](Database& db) { EXPECT_TRUE(db.mark_read(kCarol, with(kAlice), id).value()); });
    EXPECT_EQ(unread(kCarol), kMessages / 2 - id / 2) << id;  // Alice has written the even ones
  }
}

}  // namespace
}  // namespace talkbeat
