// A TeamTalk database, from its dump into the store.
#include "tools/talkctl/import_teamtalk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/wire_password.h"
#include "msg_server/password.h"
#include "msg_server/store/sqlite_database.h"

namespace talkbeat {
namespace {

std::string test_dump() {
  std::ifstream file(std::string(TALKBEAT_SOURCE_DIR) + "/tests/data/teamtalk.sql", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class ImportTeamTalkTest : public ::testing::Test {
 protected:
  Status import(const std::string& dump) {
    size_t done = 0;
    const auto source = [&](std::span<char> into) -> Result<size_t> {
      const size_t count = std::min(into.size(), dump.size() - done);
      std::copy_n(dump.begin() + static_cast<ptrdiff_t>(done), count, into.begin());
      done += count;
      return count;
    };
    TeamTalkImport teamtalk(*database, *staging, report);
    DumpReader reader(source, [&](const DumpRow& row) { return teamtalk.take(row); });
    if (Status status = reader.read_all(); !status.ok()) return status;
    return teamtalk.finish([](const char*, uint64_t) {});
  }
  void import_test_dump() {
    const Status status = import(test_dump());
    ASSERT_TRUE(status.ok()) << status.message();
  }
  Profile profile(UserId user) {
    const auto found = database->profiles(std::array{user}).value();
    return found.empty() ? Profile() : found.front();
  }
  /// Oldest first, "from: body".
  std::vector<std::string> texts(UserId user, ConversationRef ref) {
    std::vector<std::string> result;
    const auto messages = database->messages_before(user, ref, 0, 100);
    if (!messages.ok()) return {to_string(messages.error())};
    for (const Message& message : messages.value()) {
      result.insert(result.begin(), std::to_string(message.from) + ": " + message.body);
    }
    return result;
  }
  bool reports(const std::string& row) const { return report.json(false).find(row) != std::string::npos; }

  using Texts = std::vector<std::string>;
  static constexpr ConversationRef with(UserId peer) { return {ConversationKind::kSingle, peer}; }
  static constexpr ConversationRef in(GroupId group) { return {ConversationKind::kGroup, group}; }

  std::unique_ptr<SqliteDatabase> database = std::move(SqliteDatabase::open({.path = ":memory:"}).value());
  std::unique_ptr<ImportStaging> staging = std::move(ImportStaging::open(":memory:").value());
  ImportReport report;
};

TEST_F(ImportTeamTalkTest, users_come_over_with_ids_profiles_and_old_passwords) {
  import_test_dump();
  const Profile alice = profile(2);
  EXPECT_EQ(alice.name, "alice");
  EXPECT_EQ(alice.nick, "Al'ice \"A.\"");
  EXPECT_EQ(alice.real_name, "alice");
  EXPECT_EQ(alice.gender, 2u);
  EXPECT_EQ(alice.avatar_url, "http://127.0.0.1:8700/g0/000/000/a.jpg");
  EXPECT_EQ(alice.email, "alice@example.com");
  EXPECT_EQ(alice.phone, "13800000002");
  EXPECT_EQ(alice.sign_info, "hello; world),(2");
  EXPECT_EQ(alice.department_id, 1u);
  EXPECT_EQ(alice.updated_at, 1'400'000'002);
  EXPECT_FALSE(alice.disabled);
  EXPECT_TRUE(database->push_shield(2).value());
  EXPECT_FALSE(database->push_shield(3).value());
  EXPECT_EQ(profile(3).nick, "bob");
  EXPECT_EQ(profile(7).name, "世界");
  EXPECT_EQ(profile(7).nick, "世界小");  // without the line's end
  EXPECT_EQ(profile(12).name, "carol");
  EXPECT_EQ(profile(12).sign_info, "bad  control");
  EXPECT_TRUE(profile(8).disabled);
  for (const char* name : {"admin", "alice", "bob", "世界", "carol"}) {
    const auto account = database->find_account(name).value();
    ASSERT_TRUE(account) << name;
    EXPECT_TRUE(verify_password(account->password_hash, wire_password("secret"))) << name;
    EXPECT_FALSE(verify_password(account->password_hash, wire_password("Secret"))) << name;
  }
  EXPECT_FALSE(verify_password(database->find_account("nopass").value()->password_hash, wire_password("secret")));
  EXPECT_EQ(database->find_account("bob").value()->id, 3u);
  EXPECT_EQ(profile(10).id, 0u);
  EXPECT_EQ(profile(11).id, 0u);
}

TEST_F(ImportTeamTalkTest, departments_come_over_deleted_ones_as_deleted) {
  import_test_dump();
  const auto departments = database->departments_changed(0, 0, 10).value();
  ASSERT_EQ(departments.size(), 3u);
  EXPECT_EQ(departments[0].name, "Company; all");
  EXPECT_EQ(departments[1].id, 3u);
  EXPECT_EQ(departments[1].parent_id, 1u);
  EXPECT_EQ(departments[1].name, "Research (R\\D)");
  EXPECT_EQ(departments[1].priority, 2u);
  EXPECT_TRUE(departments[2].deleted);
}

TEST_F(ImportTeamTalkTest, messages_come_over_in_their_old_order_with_numbers_without_gaps) {
  import_test_dump();
  EXPECT_EQ(texts(2, with(3)), (Texts{"2: one; it's 'quoted' \\ \"so\"\r\n", std::string("3: two\0\x1a", 8),
                                      "2: two and a half", "2: three"}));
  EXPECT_EQ(database->latest_msg_id(3, with(2)).value(), 4u);
  EXPECT_EQ(texts(2, with(7)), (Texts{"7: 你好"}));
  const auto newest = database->messages_before(2, with(3), 0, 1).value();
  EXPECT_EQ(newest.front().created_at, 1'400'000'003);
  EXPECT_TRUE(database->unread(2).value().empty());
  EXPECT_TRUE(database->unread(3).value().empty());
}

TEST_F(ImportTeamTalkTest, groups_come_over_and_members_see_what_came_after_their_joining) {
  import_test_dump();
  const auto everybody = database->find_group(5).value();
  ASSERT_TRUE(everybody);
  EXPECT_EQ(everybody->group.name, "everybody");
  EXPECT_EQ(everybody->group.version, 7u);
  EXPECT_EQ(everybody->group.kind, GroupKind::kNormal);
  EXPECT_EQ(everybody->group.creator, 1u);
  ASSERT_EQ(everybody->members.size(), 3u);
  EXPECT_EQ(texts(2, in(5)), (Texts{"2: g one", "8: g two, of one who has left", "1: g three", "1: g four"}));
  EXPECT_EQ(texts(3, in(5)), (Texts{"1: g three", "1: g four"}));
  EXPECT_EQ(texts(8, in(5)), (Texts{to_string(StoreError::kNotMember)}));
  EXPECT_TRUE(database->unread(1).value().empty());
  EXPECT_FALSE(database->find_group(6).value());
  const auto lunch = database->find_group(8).value();
  ASSERT_TRUE(lunch);
  EXPECT_EQ(lunch->group.creator, 0u);  // who is not there
  EXPECT_EQ(lunch->group.kind, GroupKind::kTemporary);
  EXPECT_EQ(lunch->members.size(), 1u);
}

TEST_F(ImportTeamTalkTest, what_comes_afterwards_goes_on_from_there) {
  import_test_dump();
  ASSERT_TRUE(database->begin_batch().ok());
  NewMessage message;
  message.from = 3;
  message.to = with(2);
  message.body = "next";
  const auto single = database->append(message);
  message.to = in(5);
  message.type = 17;
  const auto group = database->append(message);
  ASSERT_TRUE(database->commit_batch().ok());
  ASSERT_TRUE(single.ok() && group.ok());
  EXPECT_EQ(single.value().msg_id, 5u);
  EXPECT_EQ(group.value().msg_id, 5u);
  const auto unread = database->unread(2).value();
  ASSERT_EQ(unread.size(), 2u);
  for (const Unread& conversation : unread) EXPECT_EQ(conversation.count, 1u);
}

TEST_F(ImportTeamTalkTest, removed_conversations_stay_removed) {
  import_test_dump();
  std::vector<uint32_t> peers;
  for (const Conversation& conversation : database->conversations(2, 0, 10).value()) {
    peers.push_back(conversation.ref.peer);
  }
  std::ranges::sort(peers);
  EXPECT_EQ(peers, (std::vector<uint32_t>{3, 5}));
}

TEST_F(ImportTeamTalkTest, every_row_is_accounted_for) {
  import_test_dump();
  for (const char* row : {
           R"j("table":"IMUser","rows":9,"imported":7,"left_out":2,"why":{"whose name is not 1 to 64 bytes of plain)j"
           R"j( UTF-8":1,"with a name or an id that an earlier one has":1})j",
           R"j("table":"IMDepart","rows":4,"imported":3,"left_out":1)j",
           R"j("table":"IMGroup","rows":3,"imported":2,"left_out":1,"why":{"deleted":1})j",
           R"j("table":"IMGroupMember","rows":8,"imported":4,"left_out":4,"why":{"of groups that are not there":1,"of)j"
           R"j( users who are not there":1,"who are in it twice":1,"who have left":1})j",
           R"j("table":"IMGroupMessage_*","rows":8,"imported":4,"left_out":4,"why":{"audio (its sound is not in the)j"
           R"j( database)":1,"deleted":1,"of groups that are not there":1,"of users who are not there":1})j",
           R"j("table":"IMMessage_*","rows":11,"imported":5,"left_out":6,"why":{"audio (its sound is not in the)j"
           R"j( database)":1,"deleted":1,"empty":1,"from users to themselves":1,"of an unknown type":1,"of users who)j"
           R"j( are not there":1})j",
           R"j("table":"IMRecentSession","rows":5,"imported":4,"left_out":1)j",
           R"j("table":"(others)","rows":3,"imported":0,"left_out":3)j",
       }) {
    EXPECT_TRUE(reports(row)) << row << "\n" << report.json(false);
  }
  EXPECT_TRUE(reports("1 users with a status other than 0"));
  EXPECT_TRUE(reports("1 users have no password"));
  EXPECT_TRUE(reports("2 texts lost"));
}

TEST_F(ImportTeamTalkTest, many_rows_take_many_batches) {
  std::string dump = "INSERT INTO IMUser (id,name,password,salt) VALUES ";
  for (int i = 1; i <= 3'000; ++i) {
    dump += (i == 1 ? "(" : ",(") + std::to_string(i) + ",'u" + std::to_string(i) + "','','')";
  }
  dump += ";INSERT INTO IMMessage_3 (id,fromId,toId,msgId,content) VALUES ";
  for (int i = 1; i <= 5'000; ++i) {
    dump += (i == 1 ? "(" : ",(") + std::to_string(i) + ",1,2," + std::to_string(6'000 - i) + ",'" + std::to_string(i) +
            "')";
  }
  ASSERT_TRUE(import(dump + ";").ok());
  EXPECT_EQ(database->latest_msg_id(1, with(2)).value(), 5'000u);
  EXPECT_EQ(database->messages_before(1, with(2), 0, 1).value().front().body, "1");
}

}  // namespace
}  // namespace talkbeat
