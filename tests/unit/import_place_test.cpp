// A store that was imported takes the place of the old one, and nothing of that comes back.
#include "tools/talkctl/import_place.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "msg_server/store/sqlite_database.h"

namespace talkbeat {
namespace {

namespace fs = std::filesystem;

class ImportPlaceTest : public ::testing::Test {
 protected:
  ImportPlaceTest() {
    std::string pattern = (fs::temp_directory_path() / "import_XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    directory = pattern;
    store = directory / "talkbeat.db";
  }
  ~ImportPlaceTest() override { fs::remove_all(directory); }

  static void add_user(Database& database, UserId id, const std::string& name) {
    Profile profile;
    profile.id = id;
    profile.name = name;
    ASSERT_TRUE(database.begin_batch().ok());
    ASSERT_TRUE(database.import_user({.profile = profile, .password_hash = "hash", .quiet_at_night = false}).ok());
    ASSERT_TRUE(database.commit_batch().ok());
  }
  std::string name_of(UserId user) const {
    const auto opened = SqliteDatabase::open({.path = store, .create = false});
    if (!opened.ok()) return opened.message();
    const auto found = opened.value()->profiles(std::array{user});
    if (!found.ok()) return opened.value()->last_error();
    return found.value().empty() ? "nobody" : found.value().front().name;
  }
  /// What is left of a store with user 7 where its servers were killed and only its main file was removed.
  void leave_log() const {
    {
      const auto old = SqliteDatabase::open({.path = store});
      ASSERT_TRUE(old.ok()) << old.message();
      add_user(*old.value(), 7, "of the old store");
      fs::copy_file(store + "-wal", directory / "log");
    }
    fs::remove(store);
    fs::rename(directory / "log", store + "-wal");
    ASSERT_GT(fs::file_size(store + "-wal"), 0u);
  }
  Status import_user_1() const {
    const auto place = ImportPlace::take(store, true);
    if (!place.ok()) return Error{place.message()};
    {
      const auto database = place.value()->open();
      if (!database.ok()) return Error{database.message()};
      add_user(*database.value(), 1, "imported");
    }
    return place.value()->replace_store();
  }

  fs::path directory;
  std::string store;
};

TEST_F(ImportPlaceTest, an_empty_place_gets_the_store) {
  const Status done = import_user_1();
  ASSERT_TRUE(done.ok()) << done.message();
  EXPECT_EQ(name_of(1), "imported");
}

TEST_F(ImportPlaceTest, the_log_of_a_store_that_is_gone_does_not_come_over_the_new_one) {
  leave_log();
  const Status done = import_user_1();
  ASSERT_TRUE(done.ok()) << done.message();
  EXPECT_FALSE(fs::exists(store + "-wal"));
  EXPECT_EQ(name_of(1), "imported");
  EXPECT_EQ(name_of(7), "nobody");
}

TEST_F(ImportPlaceTest, a_log_that_cannot_be_removed_is_said_and_nothing_is_replaced) {
  fs::create_directories(store + "-wal/full");
  const Status done = import_user_1();
  ASSERT_FALSE(done.ok());
  EXPECT_NE(done.message().find("cannot be removed: " + store + "-wal"), std::string::npos) << done.message();
  EXPECT_FALSE(fs::exists(store));
  EXPECT_FALSE(fs::exists(store + ".import"));
}

}  // namespace
}  // namespace talkbeat
