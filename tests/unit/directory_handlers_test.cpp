// Users and departments, asked for by a client.
#include <set>

#include "msg_server/changed_list.h"
#include "tests/unit/msg_server_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

using IM::Buddy::IMAllUserReq;
using IM::Buddy::IMAllUserRsp;
using IM::Buddy::IMDepartmentReq;
using IM::Buddy::IMDepartmentRsp;
using IM::Buddy::IMUsersInfoReq;
using IM::Buddy::IMUsersInfoRsp;

class DirectoryHandlersTest : public MsgServerTest {
 protected:
  // Before anything else comes: what waits through it might be a login, which then is too old.
  void pass(Tick ms) {
    clock.advance(ms);
    step();
  }
  template <class Work>
  void in_batch(Work work) {
    ASSERT_TRUE(database->begin_batch().ok());
    work(*database);
    ASSERT_TRUE(database->commit_batch().ok());
  }
  void give_signature(UserId user, const std::string& text) {
    ProfileEdit edit;
    edit.sign_info = text;
    in_batch([&](Database& db) { EXPECT_TRUE(db.edit_profile(user, edit, clock.unix_seconds()).ok()); });
  }
  void add_users(size_t count, const std::string& prefix) {
    in_batch([&](Database& db) {
      for (size_t i = 0; i < count; ++i) {
        EXPECT_TRUE(db.add_user({prefix + std::to_string(i), "", ""}, clock.unix_seconds()).ok());
      }
    });
  }

  /// All users there are, then.
  std::vector<UserId> add_long_profiles(int count) {
    std::vector<UserId> all{alice, bob};
    for (int i = 0; i < count; ++i) {
      all.push_back(add_user("long" + std::to_string(i)));
      give_signature(all.back(), std::string(40'000, 'x'));
    }
    return all;
  }

  /// All answers until the one that ends the list, as PROTOCOL.md tells it.
  template <class Request, class Response, class Entries>
  std::vector<Response> list(TestClient& client, uint32_t since, Entries entries) {
    Request request;
    request.set_user_id(0);
    request.set_latest_update_time(since);
    const uint16_t seq_num = client.send(request);
    std::vector<Response> answers;
    while (true) {
      PduHeader header;
      answers.push_back(expect<Response>(client, &header));
      EXPECT_EQ(header.seq_num, seq_num);
      EXPECT_LE(header.length, kListBytes + 100);
      if (answers.back().latest_update_time() != since || entries(answers.back()) == 0) return answers;
      if (HasFailure()) return answers;
    }
  }
  std::vector<IMAllUserRsp> users_since(TestClient& client, uint32_t since) {
    return list<IMAllUserReq, IMAllUserRsp>(client, since, [](const auto& answer) { return answer.user_list_size(); });
  }
  std::vector<IMDepartmentRsp> departments_since(TestClient& client, uint32_t since) {
    return list<IMDepartmentReq, IMDepartmentRsp>(client, since,
                                                  [](const auto& answer) { return answer.dept_list_size(); });
  }
  static std::vector<UserId> ids_in(const std::vector<IMAllUserRsp>& answers) {
    std::vector<UserId> ids;
    for (const IMAllUserRsp& answer : answers) {
      for (const auto& user : answer.user_list()) ids.push_back(user.user_id());
    }
    return ids;
  }

  UserId alice = add_user("alice");
  UserId bob = add_user("bob");
};

TEST_F(DirectoryHandlersTest, many_long_profiles_come_in_several_answers_of_half_a_megabyte_each) {
  const std::vector<UserId> expected = add_long_profiles(30);
  const auto client = log_in("alice");
  const auto answers = users_since(*client, 0);
  EXPECT_EQ(answers.size(), 3u);
  std::vector<UserId> ids = ids_in(answers);
  std::ranges::sort(ids);
  EXPECT_EQ(ids, expected);
  EXPECT_EQ(answers.back().latest_update_time(), clock.unix_seconds() - kSettledAfterSeconds);
}

// All that is too much to wait for one who reads slowly has changed within one second: asking on has to end, too.
TEST_F(DirectoryHandlersTest, a_client_that_reads_slowly_asks_on_and_gets_all) {
  const std::vector<UserId> expected = add_long_profiles(60);
  const auto client = log_in("alice");
  std::set<UserId> ids;
  uint32_t since = 0;
  int requests = 0;
  while (since != clock.unix_seconds() - kSettledAfterSeconds && ++requests < 10) {
    const auto answers = users_since(*client, since);
    for (const UserId id : ids_in(answers)) ids.insert(id);
    since = answers.back().latest_update_time();
  }
  EXPECT_EQ(std::vector<UserId>(ids.begin(), ids.end()), expected);
  EXPECT_LT(requests, 5);
}

TEST_F(DirectoryHandlersTest, many_short_profiles_come_in_one_answer) {
  add_users(1'000, "u");
  const auto client = log_in("alice");
  const auto answers = users_since(*client, 0);
  EXPECT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers.front().user_list_size(), 1'002);
}

TEST_F(DirectoryHandlersTest, only_what_has_changed_since_is_listed) {
  pass((kSettledAfterSeconds + 1) * 1'000);
  const auto client = log_in("alice");
  const uint32_t complete = users_since(*client, 0).back().latest_update_time();
  EXPECT_TRUE(ids_in(users_since(*client, complete)).empty());
  pass(10'000);
  give_signature(bob, "new");
  const auto answers = users_since(*client, complete);
  EXPECT_EQ(ids_in(answers), (std::vector<UserId>{bob}));
  EXPECT_EQ(answers.front().user_list(0).sign_info(), "new");
}

// The time that the client is complete for is then the one that it has asked with: another mark has to end the list.
TEST_F(DirectoryHandlersTest, a_list_that_is_asked_for_with_a_time_that_has_not_settled_ends_too) {
  const auto client = log_in("alice");
  const uint32_t now = static_cast<uint32_t>(clock.unix_seconds());
  give_signature(bob, "new");
  const auto answers = users_since(*client, now - 1);
  EXPECT_EQ(ids_in(answers), (std::vector<UserId>{alice, bob}));
  EXPECT_EQ(answers.back().user_list_size(), 0);
  EXPECT_EQ(answers.back().latest_update_time(), now - 1);
  // A clock that is ahead does not keep a client from hearing of changes for ever.
  EXPECT_EQ(users_since(*client, now + 1'000'000).back().latest_update_time(), now - kSettledAfterSeconds);
}

// A write takes its time when it is asked for, and is there when its turn has come.
TEST_F(DirectoryHandlersTest, a_change_that_waited_long_for_its_write_is_not_missed) {
  pass(1'000'000);
  const int64_t asked_at = clock.unix_seconds();
  pass(30'000);
  const auto client = log_in("alice");
  const uint32_t complete = users_since(*client, 0).back().latest_update_time();
  ProfileEdit edit;
  edit.sign_info = "late";
  in_batch([&](Database& db) { EXPECT_TRUE(db.edit_profile(bob, edit, asked_at).ok()); });
  EXPECT_EQ(ids_in(users_since(*client, complete)), (std::vector<UserId>{bob}));
}

TEST(ChangedListTest, who_has_read_a_list_is_complete_up_to_a_settled_time_that_never_goes_back) {
  constexpr int64_t kNow = 1'000'000;
  EXPECT_EQ(complete_until(0, kNow), kNow - 60);
  EXPECT_EQ(complete_until(kNow - 61, kNow), kNow - 60);
  EXPECT_EQ(complete_until(kNow - 59, kNow), kNow - 59);
  EXPECT_EQ(complete_until(kNow, kNow), kNow);
  EXPECT_EQ(complete_until(kNow + 1, kNow), kNow - 60) << "ahead of the clock";
  EXPECT_EQ(complete_until(0, 30), 0u);
}

TEST_F(DirectoryHandlersTest, departments_come_with_deleted_ones_and_only_the_changed) {
  uint32_t company = 0;
  uint32_t sales = 0;
  in_batch([&](Database& db) {
    company = db.put_department({.name = "Company"}, clock.unix_seconds()).value();
    sales = db.put_department({.parent_id = company, .priority = 3, .name = "Sales"}, clock.unix_seconds()).value();
  });
  pass((kSettledAfterSeconds + 1) * 1'000);
  const auto client = log_in("alice");
  auto answers = departments_since(*client, 0);
  ASSERT_EQ(answers.size(), 1u);
  ASSERT_EQ(answers.front().dept_list_size(), 2);
  const auto& entry = answers.front().dept_list(1);
  EXPECT_EQ(entry.dept_id(), sales);
  EXPECT_EQ(entry.parent_dept_id(), company);
  EXPECT_EQ(entry.priority(), 3u);
  EXPECT_EQ(entry.dept_name(), "Sales");
  EXPECT_EQ(entry.dept_status(), DEPT_STATUS_OK);
  EXPECT_EQ(answers.front().user_id(), alice);

  const uint32_t complete = answers.front().latest_update_time();
  pass(10'000);
  in_batch([&](Database& db) {
    EXPECT_TRUE(
        db.put_department({.id = sales, .parent_id = company, .name = "Sales", .deleted = true}, clock.unix_seconds())
            .ok());
  });
  answers = departments_since(*client, complete);
  ASSERT_EQ(answers.front().dept_list_size(), 1);
  EXPECT_EQ(answers.front().dept_list(0).dept_id(), sales);
  EXPECT_EQ(answers.front().dept_list(0).dept_status(), DEPT_STATUS_DELETE);
}

TEST_F(DirectoryHandlersTest, users_are_told_in_the_order_asked_each_once_and_unknown_ones_are_left_out) {
  const auto client = log_in("alice");
  IMUsersInfoReq request;
  request.set_user_id(0);
  for (const UserId user : {bob, 4'000'000u, alice, bob}) request.add_user_id_list(user);
  client->send(request);
  const auto answer = expect<IMUsersInfoRsp>(*client);
  ASSERT_EQ(answer.user_info_list_size(), 2);
  EXPECT_EQ(answer.user_info_list(0).user_id(), bob);
  EXPECT_EQ(answer.user_info_list(1).user_id(), alice);
  // Who asks is interested, but not in what is unknown, and not in itself.
  EXPECT_EQ(watchers.watched_users(), 1u);
  EXPECT_TRUE(watchers.watched(bob));
}

TEST_F(DirectoryHandlersTest, users_whose_texts_are_long_are_told_in_several_answers) {
  IMUsersInfoReq request;
  request.set_user_id(0);
  for (int i = 0; i < 30; ++i) {
    const UserId user = add_user("long" + std::to_string(i));
    give_signature(user, std::string(40'000, 'x'));
    request.add_user_id_list(user);
  }
  request.add_user_id_list(4'000'000);
  const auto client = log_in("alice");
  const uint16_t seq_num = client->send(request);
  int told = 0;
  int answers = 0;
  while (told < 30 && answers < 30) {
    PduHeader header;
    const auto answer = expect<IMUsersInfoRsp>(*client, &header);
    ++answers;
    EXPECT_EQ(header.seq_num, seq_num);
    EXPECT_LE(header.length, kListBytes + 100);
    for (const auto& user : answer.user_info_list()) EXPECT_EQ(user.user_id(), request.user_id_list(told++));
  }
  EXPECT_EQ(answers, 3);
}

TEST_F(DirectoryHandlersTest, too_many_ids_are_refused) {
  const auto client = log_in("alice");
  IMUsersInfoReq request;
  request.set_user_id(0);
  for (size_t i = 0; i <= config.client.max_list; ++i) request.add_user_id_list(bob);
  client->send(request);
  expect_error(*client, ERROR_INVALID_ARGUMENT);
}

}  // namespace
}  // namespace talkbeat::msg_server_test
