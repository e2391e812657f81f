#include "msg_server/store/sqlite_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <vector>

#include "msg_server/store/sqlite_database.h"
#include "tests/contract/temporary_directory.h"

namespace talkbeat {
namespace {

using ::testing::HasSubstr;

class SqliteSchema : public ::testing::Test {
 protected:
  std::string path() const { return directory_.path() + "/talkbeat.db"; }
  SqliteConnection connect() { return std::move(SqliteConnection::open(path(), true).value()); }
  std::string value(const std::string& sql) { return connect().first_value(sql).value(); }
  std::string open_error() {
    auto opened = SqliteDatabase::open({.path = path()});
    return opened.ok() ? "" : opened.message();
  }

  TemporaryDirectory directory_;
};

TEST_F(SqliteSchema, a_new_file_gets_the_newest_version_and_keeps_it) {
  EXPECT_EQ(open_error(), "");
  EXPECT_EQ(value("PRAGMA user_version"), std::to_string(schema_steps().size()));
  EXPECT_EQ(open_error(), "");
}

TEST_F(SqliteSchema, an_older_file_is_brought_up_step_by_step_with_its_contents) {
  {
    auto old = SqliteDatabase::open({.path = path()});
    ASSERT_TRUE(old.value()->begin_batch().ok());
    ASSERT_TRUE(old.value()->add_user({"alice", "hash", ""}, 1).ok());
    ASSERT_TRUE(old.value()->commit_batch().ok());
  }
  std::vector<const char*> steps(schema_steps().begin(), schema_steps().end());
  steps.push_back("ALTER TABLE users ADD COLUMN pet TEXT NOT NULL DEFAULT 'cat';");
  steps.push_back("UPDATE users SET pet = pet || 'fish';");
  SqliteConnection connection = connect();
  ASSERT_TRUE(migrate(connection, steps).ok());
  EXPECT_EQ(connection.first_value("SELECT pet FROM users WHERE name = 'alice'").value(), "catfish");
  EXPECT_EQ(connection.first_value("PRAGMA user_version").value(), std::to_string(steps.size()));
  ASSERT_TRUE(migrate(connection, steps).ok());  // nothing happens twice
  EXPECT_EQ(connection.first_value("SELECT pet FROM users WHERE name = 'alice'").value(), "catfish");
}

// What version 1 wrote must read the same after the step to groups and the rest.
TEST_F(SqliteSchema, a_file_of_version_1_keeps_its_messages_and_marks_and_learns_groups) {
  {
    SqliteConnection old = connect();
    ASSERT_TRUE(migrate(old, schema_steps().first(1)).ok());
    ASSERT_TRUE(old.execute(R"(
      INSERT INTO users (id, name, password_hash, nick, updated_at) VALUES (1, 'alice', 'h', 'Al', 7), (2, 'bob', 'h', 'B', 8);
      INSERT INTO conversations VALUES (1, 1, 1, 2, 3, 3, 50, 2, 1, 0, 0, 1, 1, 0);
      INSERT INTO messages VALUES (1, 1, 1, 1, 40, 1, 99, 1, x'6f6e65'), (2, 1, 2, 2, 45, 1, NULL, 1, x'74776f');
      INSERT INTO messages VALUES (3, 1, 3, 1, 50, 2, NULL, 2, zeroblob(20000));)")
                    .ok());
    EXPECT_EQ(old.first_value("PRAGMA user_version").value(), "1");
  }
  auto opened = SqliteDatabase::open({.path = path()});
  ASSERT_TRUE(opened.ok()) << opened.message();
  Database& database = *opened.value();
  const ConversationRef alice{ConversationKind::kSingle, 1};
  auto messages = database.messages_before(2, alice, 0, 10).value();
  ASSERT_EQ(messages.size(), 3u);
  EXPECT_EQ(messages[0].body, std::string(20'000, '\0'));  // stays where it was
  EXPECT_EQ(messages[2].body, "one");
  EXPECT_EQ(database.unread(2).value().at(0).count, 1u);
  EXPECT_EQ(database.unread(1).value().at(0).count, 1u);
  EXPECT_EQ(database.find_account("alice").value()->id, 1u);
  EXPECT_FALSE(database.push_shield(1).value());
  ASSERT_TRUE(database.begin_batch().ok());
  EXPECT_TRUE(database.append({1, {ConversationKind::kSingle, 2}, 1, "one", 60, 99}).value().duplicate);
  auto group = database.create_group({.name = "g", .avatar_url = "", .creator = 1, .members = {2}}, 60);
  ASSERT_TRUE(group.ok());
  const ConversationRef ref{ConversationKind::kGroup, group.value().now.group.id};
  EXPECT_EQ(database.append({1, ref, 0x11, "hello", 60, std::nullopt}).value().msg_id, 1u);
  ASSERT_TRUE(database.commit_batch().ok());
  EXPECT_EQ(database.unread(2).value().size(), 2u);
  EXPECT_EQ(value("PRAGMA integrity_check"), "ok");
}

// Version 2 found messages by an index, version 3 does it along a chain.
TEST_F(SqliteSchema, a_file_of_version_2_keeps_every_message_where_it_was) {
  constexpr int kMessages = 50;
  {
    SqliteConnection old = connect();
    ASSERT_TRUE(migrate(old, schema_steps().first(2)).ok());
    std::string script =
        "INSERT INTO users (id, name, password_hash, nick, updated_at) VALUES (1, 'a', 'h', 'A', 7),"
        " (2, 'b', 'h', 'B', 8), (3, 'c', 'h', 'C', 8);"
        "INSERT INTO conversations (conv_id, kind, low, high, last_msg_id, last_sequence, low_sent)"
        " VALUES (1, 1, 1, 2, 50, 99, 50), (2, 1, 1, 3, 50, 100, 50);";
    for (int i = 1; i <= kMessages; ++i) {
      const auto row = [i](int sequence, int conversation) {
        return "INSERT INTO messages VALUES (" + std::to_string(sequence) + ", " + std::to_string(conversation) + ", " +
               std::to_string(i) + ", 1, 40, 1, " + std::to_string(sequence) + ", " + std::to_string(i) + ", x'78');";
      };
      script += row(2 * i - 1, 1) + row(2 * i, 2);
    }
    ASSERT_TRUE(old.execute(script).ok()) << old.error_text();
  }
  auto opened = SqliteDatabase::open({.path = path()});
  ASSERT_TRUE(opened.ok()) << opened.message();
  Database& database = *opened.value();
  for (const UserId peer : {2u, 3u}) {
    const ConversationRef ref{ConversationKind::kSingle, peer};
    uint32_t expected = kMessages;
    for (const Message& message : database.messages_before(1, ref, 0, 1'000).value()) {
      EXPECT_EQ(message.msg_id, expected--);
    }
    EXPECT_EQ(expected, 0u);
    for (uint32_t id = 1; id <= kMessages; ++id) {
      EXPECT_EQ(database.messages_by_id(1, ref, std::vector{id}).value().at(0).msg_id, id);
    }
  }
  ASSERT_TRUE(database.begin_batch().ok());
  EXPECT_TRUE(database.append({1, {ConversationKind::kSingle, 3}, 1, "x", 60, 2}).value().duplicate);
  EXPECT_EQ(database.append({1, {ConversationKind::kSingle, 3}, 1, "x", 60, 5'000}).value().msg_id, 51u);
  ASSERT_TRUE(database.commit_batch().ok());
  EXPECT_EQ(value("PRAGMA integrity_check"), "ok");
}

TEST_F(SqliteSchema, a_step_that_fails_leaves_the_version_before_it) {
  ASSERT_EQ(open_error(), "");
  std::vector<const char*> steps(schema_steps().begin(), schema_steps().end());
  steps.push_back("CREATE TABLE half (x INTEGER); INSERT INTO nonsense VALUES (1);");
  SqliteConnection connection = connect();
  Status status = migrate(connection, steps);
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr("nonsense"));
  EXPECT_EQ(connection.first_value("PRAGMA user_version").value(), std::to_string(schema_steps().size()));
  EXPECT_EQ(connection.first_value("SELECT count(*) FROM sqlite_master WHERE name = 'half'").value(), "0");
}

TEST_F(SqliteSchema, a_file_of_a_newer_program_is_refused_with_both_versions) {
  ASSERT_EQ(open_error(), "");
  ASSERT_TRUE(connect().execute("PRAGMA user_version = 4711").ok());
  EXPECT_THAT(open_error(), HasSubstr("its schema version is 4711, this program knows versions up to"));
  EXPECT_THAT(open_error(), HasSubstr(path()));
}

TEST_F(SqliteSchema, a_database_of_another_program_is_refused_and_not_changed) {
  ASSERT_TRUE(connect().execute("CREATE TABLE recipes (name TEXT)").ok());
  EXPECT_THAT(open_error(), HasSubstr("not a TalkBeat database"));
  EXPECT_EQ(value("SELECT count(*) FROM sqlite_master"), "1");
}

TEST_F(SqliteSchema, a_file_that_is_no_database_is_refused) {
  std::ofstream(path()) << std::string(8'192, 'x');
  EXPECT_THAT(open_error(), HasSubstr("not a database"));
}

TEST_F(SqliteSchema, a_missing_file_or_directory_is_one_clear_message) {
  auto missing = SqliteDatabase::open({.path = path(), .create = false});
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(missing.message(), HasSubstr(path()));
  auto nowhere = SqliteDatabase::open({.path = directory_.path() + "/no/such/place.db"});
  ASSERT_FALSE(nowhere.ok());
  EXPECT_THAT(nowhere.message(), HasSubstr("/no/such/place.db"));
}

TEST_F(SqliteSchema, the_files_are_for_their_owner_only_and_commits_are_durable) {
  auto database = SqliteDatabase::open({.path = path()});
  ASSERT_TRUE(database.ok());
  for (const char* suffix : {"", "-wal", ".turnstile"}) {
    struct stat info {};
    ASSERT_EQ(::stat((path() + suffix).c_str(), &info), 0) << suffix;
    EXPECT_EQ(info.st_mode & 0777u, 0600u) << suffix;
  }
  EXPECT_EQ(value("PRAGMA journal_mode"), "wal");
}

}  // namespace
}  // namespace talkbeat
