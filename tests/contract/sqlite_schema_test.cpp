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
