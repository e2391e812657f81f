#include "msg_server/push/push.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/push_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

class PushTest : public PushFixture {
 protected:
  PushTest() {
    std::ofstream(secret) << "0123456789abcdef\n";
    ::chmod(secret.c_str(), 0600);
    config.push = settings;
    config.push.url = gateway.url();
    config.push.secret_file = secret;
  }
  ~PushTest() override { std::filesystem::remove(secret); }

  bool pushed(size_t count) {
    return push_until([&] { return gateway.requests.size() >= count; });
  }

  const std::string secret = testing::TempDir() + "push_test.secret." + std::to_string(::getpid());
  FakeGateway gateway{loop, connections};
  UserId alice = add_user("alice");
  UserId bob = add_user("bob");
};

TEST_F(PushTest, a_message_to_a_user_who_is_away_is_pushed_once_it_is_stored) {
  ASSERT_TRUE(push.start().ok());
  give_device(bob, "token");
  const auto client = log_in("alice");
  client->send(message(bob, "a secret text", 77));
  ASSERT_TRUE(pushed(1));
  const auto& request = gateway.requests[0];
  EXPECT_EQ(request.json()["pushes"][0]["user_id"], bob);
  EXPECT_EQ(request.json()["pushes"][0]["unread"], 1);
  EXPECT_EQ(request.body.find("a secret text"), std::string::npos);
  client->send(message(bob, "a secret text", 77));  // the same again
  sync(*client);
  push_for(100);
  EXPECT_EQ(gateway.requests.size(), 1u);
  EXPECT_TRUE(push.finished());
}

TEST_F(PushTest, a_message_that_was_refused_is_not_pushed) {
  ASSERT_TRUE(push.start().ok());
  give_device(bob, "token");
  const auto client = log_in("alice");
  client->send(message(bob, ""));
  client->send(message(999, "x"));
  sync(*client);
  push_for(100);
  EXPECT_TRUE(gateway.requests.empty());
}

TEST_F(PushTest, without_a_url_it_does_nothing) {
  config.push.url = "";
  config.push.secret_file = "";
  ASSERT_TRUE(push.start().ok());
  give_device(bob, "token");
  const auto client = log_in("alice");
  client->send(message(bob, "x"));
  expect<IMMsgDataAck>(*client);
  push.settings_changed();
  push.finish();
  EXPECT_TRUE(push.finished());
}

TEST_F(PushTest, without_its_key_it_does_not_start) {
  std::filesystem::remove(secret);
  const Status started = push.start();
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.message().find("push.secret_file: " + secret), std::string::npos);
}

TEST_F(PushTest, at_the_end_what_has_gathered_still_leaves) {
  config.push.gather_ms = 3'600'000;
  ASSERT_TRUE(push.start().ok());
  give_device(bob, "token");
  const auto client = log_in("alice");
  client->send(message(bob, "x"));
  expect<IMMsgDataAck>(*client);
  push.finish();
  ASSERT_TRUE(push_until([&] { return push.finished(); }));
  EXPECT_EQ(gateway.requests.size(), 1u);
}

}  // namespace
}  // namespace talkbeat::msg_server_test
