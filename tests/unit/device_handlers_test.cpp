#include "tests/unit/push_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

using IM::Login::IMDeviceTokenReq;
using IM::Login::IMDeviceTokenRsp;
using IM::Login::IMLogoutReq;
using IM::Login::IMLogoutRsp;
using IM::Login::IMPushShieldReq;
using IM::Login::IMPushShieldRsp;
using IM::Login::IMQueryPushShieldReq;
using IM::Login::IMQueryPushShieldRsp;

class DeviceTest : public PushFixture {
 protected:
  static IMDeviceTokenReq device_token(const std::string& token) {
    IMDeviceTokenReq request;
    request.set_user_id(999);
    request.set_device_token(token);
    request.set_client_type(CLIENT_TYPE_ANDROID);
    return request;
  }
  void register_token(TestClient& client, const std::string& token) {
    client.send(device_token(token));
    expect<IMDeviceTokenRsp>(client);
  }
  IMPushShieldRsp set_shield(TestClient& client, uint32_t value) {
    IMPushShieldReq request;
    request.set_user_id(999);
    request.set_shield_status(value);
    client.send(request);
    return expect<IMPushShieldRsp>(client);
  }
  IMQueryPushShieldRsp query_shield(TestClient& client) {
    IMQueryPushShieldReq request;
    request.set_user_id(999);
    client.send(request);
    return expect<IMQueryPushShieldRsp>(client);
  }
  void log_out(TestClient& client) {
    client.send(IMLogoutReq());
    expect<IMLogoutRsp>(client);
    expect_end(client);
  }

  UserId alice = add_user("alice");
  UserId bob = add_user("bob");
};

TEST_F(DeviceTest, a_mobile_client_registers_its_token_for_its_own_user_and_platform) {
  const auto client = log_in("alice", CLIENT_TYPE_IOS);
  client->send(device_token("token"));
  PduHeader header;
  EXPECT_EQ(expect<IMDeviceTokenRsp>(*client, &header).user_id(), alice);
  EXPECT_EQ(header.seq_num, 2);
  const auto targets = database->push_targets(std::span(&alice, 1)).value();
  ASSERT_EQ(targets.size(), 1u);
  EXPECT_EQ(targets[0].device.token, "token");
  EXPECT_EQ(targets[0].device.client_type, uint32_t{CLIENT_TYPE_IOS});  // whatever the request says
  EXPECT_FALSE(targets[0].quiet_at_night);
}

TEST_F(DeviceTest, a_new_token_takes_the_place_of_the_old_one_and_an_empty_one_removes_it) {
  const auto client = log_in("alice", CLIENT_TYPE_ANDROID);
  register_token(*client, "first");
  register_token(*client, "second");
  EXPECT_EQ(token_of(alice), "second");
  register_token(*client, "");
  EXPECT_EQ(token_of(alice), "");
  register_token(*client, "");
}

TEST_F(DeviceTest, a_device_that_changes_hands_tells_its_last_user_only) {
  const auto of_alice = log_in("alice", CLIENT_TYPE_IOS);
  const auto of_bob = log_in("bob", CLIENT_TYPE_IOS);
  register_token(*of_alice, "token");
  register_token(*of_bob, "token");
  EXPECT_EQ(token_of(alice), "");
  EXPECT_EQ(token_of(bob), "token");
}

TEST_F(DeviceTest, a_pc_has_no_device_token) {
  give_device(alice, "of the phone");
  const auto client = log_in("alice", CLIENT_TYPE_WINDOWS);
  client->send(device_token("token"));
  expect_error(*client, ERROR_NOT_ALLOWED);
  client->send(device_token(""));
  expect_error(*client, ERROR_NOT_ALLOWED);
  EXPECT_EQ(token_of(alice), "of the phone");
}

TEST_F(DeviceTest, a_token_that_is_too_long_or_not_printable_is_refused) {
  const auto client = log_in("alice", CLIENT_TYPE_IOS);
  register_token(*client, std::string(config.push.max_token, 't'));
  for (const std::string& token : {std::string(config.push.max_token + 1, 't'), std::string("a\nb"),
                                   std::string("\0", 1), std::string("\xff"), std::string("\x7f")}) {
    client->send(device_token(token));
    expect_error(*client, ERROR_INVALID_ARGUMENT);
  }
  EXPECT_EQ(token_of(alice).size(), config.push.max_token);
}

TEST_F(DeviceTest, the_push_shield_is_off_until_it_is_set) {
  const auto client = log_in("alice");
  EXPECT_EQ(query_shield(*client).result_code(), 0u);
  EXPECT_EQ(query_shield(*client).shield_status(), 0u);
  const auto answer = set_shield(*client, 1);
  EXPECT_EQ(answer.user_id(), alice);
  EXPECT_EQ(answer.result_code(), 0u);
  EXPECT_EQ(answer.shield_status(), 1u);
  EXPECT_EQ(query_shield(*client).user_id(), alice);
  EXPECT_EQ(query_shield(*client).shield_status(), 1u);
  give_device(alice, "token");
  EXPECT_TRUE(database->push_targets(std::span(&alice, 1)).value()[0].quiet_at_night);
  EXPECT_EQ(set_shield(*client, 0).shield_status(), 0u);
  EXPECT_EQ(query_shield(*client).shield_status(), 0u);
}

TEST_F(DeviceTest, the_shield_is_on_or_off_and_nothing_else) {
  const auto client = log_in("alice");
  set_shield(*client, 1);
  const auto answer = set_shield(*client, 2);
  EXPECT_EQ(answer.result_code(), uint32_t{ERROR_INVALID_ARGUMENT});
  EXPECT_FALSE(answer.has_shield_status());
  EXPECT_EQ(query_shield(*client).shield_status(), 1u);
}

TEST_F(DeviceTest, logging_out_of_the_mobile_device_ends_its_pushes) {
  const auto client = log_in("alice", CLIENT_TYPE_IOS);
  register_token(*client, "token");
  log_out(*client);
  EXPECT_TRUE(until([&] { return token_of(alice).empty(); }));
}

TEST_F(DeviceTest, losing_the_connection_or_logging_out_of_the_pc_does_not) {
  const auto mobile = log_in("alice", CLIENT_TYPE_IOS);
  register_token(*mobile, "token");
  mobile->close();
  ASSERT_TRUE(until([&] { return !users.presence(alice).online(); }));
  const auto pc = log_in("alice", CLIENT_TYPE_WINDOWS);
  log_out(*pc);
  const auto stranger = connect();
  log_out(*stranger);
  const auto again = log_in("bob");
  sync(*again);
  EXPECT_EQ(token_of(alice), "token");
}

TEST_F(DeviceTest, when_the_store_has_too_much_to_do_each_is_refused_as_busy) {
  const auto client = log_in("alice", CLIENT_TYPE_IOS);
  hold_store = true;
  for (size_t i = 0; i <= config.store.limits.max_queued_writes; ++i) client->send(message(bob, "x"));
  client->send(device_token("token"));
  expect_error(*client, ERROR_BUSY);
  IMPushShieldReq request;
  request.set_user_id(alice);
  request.set_shield_status(1);
  client->send(request);
  expect_error(*client, ERROR_BUSY);
  while (reads.try_submit([] { return Task(); })) {
  }
  IMQueryPushShieldReq query;
  query.set_user_id(alice);
  client->send(query);
  expect_error(*client, ERROR_BUSY);
  hold_store = false;
}

}  // namespace
}  // namespace talkbeat::msg_server_test
