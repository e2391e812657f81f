// What users say of themselves, and who hears of it.
#include "tests/unit/msg_server_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

using IM::Buddy::IMAvatarChangedNotify;
using IM::Buddy::IMChangeAvatarReq;
using IM::Buddy::IMChangeAvatarRsp;
using IM::Buddy::IMChangeSignInfoReq;
using IM::Buddy::IMChangeSignInfoRsp;
using IM::Buddy::IMSignInfoChangedNotify;

class ProfileHandlersTest : public MsgServerTest {
 protected:
  uint32_t change_avatar(TestClient& client, const std::string& url) {
    IMChangeAvatarReq request;
    request.set_user_id(0);
    request.set_avatar_url(url);
    client.send(request);
    return expect<IMChangeAvatarRsp>(client).result_code();
  }
  IMChangeSignInfoRsp change_signature(TestClient& client, const std::string& text) {
    IMChangeSignInfoReq request;
    request.set_user_id(0);
    request.set_sign_info(text);
    client.send(request);
    return expect<IMChangeSignInfoRsp>(client);
  }
  void ask_about(TestClient& client, UserId user) {
    IM::Buddy::IMUsersInfoReq request;
    request.set_user_id(0);
    request.add_user_id_list(user);
    client.send(request);
    expect<IM::Buddy::IMUsersInfoRsp>(client);
  }
  Profile profile(UserId user) { return database->profiles(std::array{user}).value().front(); }

  UserId alice = add_user("alice");
  UserId bob = add_user("bob");
  UserId carol = add_user("carol");
};

TEST_F(ProfileHandlersTest, a_new_avatar_is_stored_and_told_to_the_users_other_sessions_and_to_who_is_interested) {
  const auto pc = log_in("alice");
  const auto mobile = log_in("alice", CLIENT_TYPE_IOS);
  const auto interested = log_in("bob", CLIENT_TYPE_ANDROID);
  const auto indifferent = log_in("carol");
  ask_about(*interested, alice);
  ask_about(*mobile, alice);  // which makes it hear of it no more often
  EXPECT_EQ(change_avatar(*pc, "http://files/alice.png"), 0u);
  EXPECT_EQ(profile(alice).avatar_url, "http://files/alice.png");
  for (const auto& client : {mobile.get(), interested.get()}) {
    const auto notify = expect<IMAvatarChangedNotify>(*client);
    EXPECT_EQ(notify.changed_user_id(), alice);
    EXPECT_EQ(notify.avatar_url(), "http://files/alice.png");
  }
  for (const auto& client : {pc.get(), mobile.get(), interested.get(), indifferent.get()}) {
    sync(*client);
    EXPECT_EQ(client->waiting<IMAvatarChangedNotify>(), 0u);
  }
  EXPECT_EQ(bus.to_watchers_of, (std::vector<UserId>{alice}));
  ASSERT_EQ(bus.relayed.back().users, (std::vector<UserId>{alice}));
}

TEST_F(ProfileHandlersTest, a_new_signature_is_stored_and_told) {
  const auto client = log_in("alice");
  const auto interested = log_in("bob");
  ask_about(*interested, alice);
  const auto answer = change_signature(*client, "Grüße, 世界 🙂");
  EXPECT_EQ(answer.result_code(), 0u);
  EXPECT_EQ(answer.sign_info(), "Grüße, 世界 🙂");
  EXPECT_EQ(answer.user_id(), alice);
  EXPECT_EQ(expect<IMSignInfoChangedNotify>(*interested).sign_info(), "Grüße, 世界 🙂");
  EXPECT_EQ(profile(alice).sign_info, "Grüße, 世界 🙂");
  // Nothing is text, too.
  EXPECT_EQ(change_signature(*client, "").result_code(), 0u);
  EXPECT_EQ(expect<IMSignInfoChangedNotify>(*interested).sign_info(), "");
  EXPECT_EQ(profile(alice).sign_info, "");
}

TEST_F(ProfileHandlersTest, what_is_too_long_or_would_harm_a_reader_is_refused_and_told_to_nobody) {
  config.profile = {.max_avatar_url = 16, .max_sign_info = 16};
  const auto client = log_in("alice");
  const auto interested = log_in("bob");
  ask_about(*interested, alice);
  for (const char* bad : {"12345678901234567", "\xff", "cut off \xc3", "a\nb", "\x1b[31m"}) {
    EXPECT_EQ(change_avatar(*client, bad), static_cast<uint32_t>(ERROR_INVALID_ARGUMENT));
    EXPECT_EQ(change_signature(*client, bad).result_code(), static_cast<uint32_t>(ERROR_INVALID_ARGUMENT));
  }
  EXPECT_EQ(change_signature(*client, std::string("a\0b", 3)).result_code(),
            static_cast<uint32_t>(ERROR_INVALID_ARGUMENT));
  EXPECT_EQ(profile(alice).avatar_url, "");
  EXPECT_EQ(profile(alice).sign_info, "");
  sync(*interested);
  EXPECT_EQ(interested->waiting<IMAvatarChangedNotify>() + interested->waiting<IMSignInfoChangedNotify>(), 0u);
  EXPECT_TRUE(bus.to_watchers_of.empty());
  EXPECT_EQ(change_avatar(*client, "1234567890123456"), 0u);
}

TEST_F(ProfileHandlersTest, changes_count_as_messages_do) {
  config.client.message_rate = 1;
  config.client.message_burst = 2;
  const auto client = log_in("alice");
  EXPECT_EQ(change_avatar(*client, "1"), 0u);
  EXPECT_EQ(change_signature(*client, "2").result_code(), 0u);
  IMChangeAvatarReq request;
  request.set_user_id(0);
  request.set_avatar_url("3");
  client->send(request);
  const auto error = expect<TbError>(*client);
  EXPECT_EQ(error.code(), ERROR_RATE_LIMITED);
  EXPECT_GT(error.retry_after_ms(), 0u);
  EXPECT_EQ(profile(alice).avatar_url, "1");
}

TEST_F(ProfileHandlersTest, a_busy_store_changes_nothing) {
  const auto client = log_in("alice");
  hold_store = true;
  IMChangeSignInfoReq request;
  request.set_user_id(0);
  request.set_sign_info("new");
  for (size_t i = 0; i <= config.store.limits.max_queued_writes; ++i) client->send(request);
  expect_error(*client, ERROR_BUSY);
}

}  // namespace
}  // namespace talkbeat::msg_server_test
