// Logins of accounts that were taken over from TeamTalk, with their old passwords.
#include "base/wire_password.h"
#include "tests/unit/msg_server_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

class OldPasswordLoginTest : public MsgServerTest {
 protected:
  UserId take_over(const std::string& name, bool disabled = false) {
    EXPECT_TRUE(database->begin_batch().ok());
    ImportedUser user;
    user.profile.id = 77;
    user.profile.name = name;
    user.profile.nick = name;
    user.profile.disabled = disabled;
    user.profile.updated_at = 1;
    user.password_hash = *teamtalk_hash(wire_password("secret1234"), "1234");
    EXPECT_TRUE(database->import_user(user).ok());
    EXPECT_TRUE(database->commit_batch().ok());
    return user.profile.id;
  }
  IMLoginRes try_log_in(const std::string& secret) {
    auto client = connect();
    client->send(login("alice", CLIENT_TYPE_WINDOWS, secret));
    return expect<IMLoginRes>(*client);
  }
  std::string stored_hash() { return database->find_account("alice").value()->password_hash; }
  bool upgraded() {
    return until([&] { return stored_hash().starts_with("$argon2id$"); });
  }
};

TEST_F(OldPasswordLoginTest, the_first_login_with_the_old_password_makes_its_hash_one_of_ours) {
  take_over("alice");
  const auto first = try_log_in("secret");
  EXPECT_EQ(first.result_code(), REFUSE_REASON_NONE);
  EXPECT_TRUE(upgraded());
  const std::string hash = stored_hash();
  EXPECT_EQ(try_log_in("secret").result_code(), REFUSE_REASON_NONE);
  EXPECT_EQ(try_log_in("wrong").result_code(), REFUSE_REASON_DB_VALIDATE_FAILED);
  EXPECT_EQ(stored_hash(), hash);
  // The token of the first login is not voided by it.
  auto client = connect();
  auto request = login("alice", CLIENT_TYPE_WINDOWS, "");
  request.set_session_token(first.session_token());
  client->send(request);
  EXPECT_EQ(expect<IMLoginRes>(*client).result_code(), REFUSE_REASON_NONE);
}

TEST_F(OldPasswordLoginTest, a_wrong_password_is_refused_and_the_old_hash_stays) {
  take_over("alice");
  for (const char* wrong : {"wrong", "", "secret1234"}) {
    EXPECT_EQ(try_log_in(wrong).result_code(), REFUSE_REASON_DB_VALIDATE_FAILED);
  }
  EXPECT_TRUE(stored_hash().starts_with("$teamtalk$"));
}

TEST_F(OldPasswordLoginTest, a_disabled_account_stays_out) {
  take_over("alice", true);
  EXPECT_EQ(try_log_in("secret").result_code(), REFUSE_REASON_DB_VALIDATE_FAILED);
}

TEST_F(OldPasswordLoginTest, a_password_that_is_changed_while_it_is_checked_is_not_undone) {
  const UserId alice = take_over("alice");
  const std::string changed = hash_password("new", {.operations = 1, .memory_bytes = 64 << 10});
  hold_hashing = true;
  auto client = connect();
  client->send(login("alice"));
  EXPECT_TRUE(until([&] { return hashing.pending() == 1; }));
  EXPECT_TRUE(database->begin_batch().ok());
  EXPECT_TRUE(database->set_password_hash(alice, changed).ok());
  EXPECT_TRUE(database->commit_batch().ok());
  hold_hashing = false;
  expect<IMLoginRes>(*client);
  sync(*client);
  EXPECT_EQ(stored_hash(), changed);
}

}  // namespace
}  // namespace talkbeat::msg_server_test
