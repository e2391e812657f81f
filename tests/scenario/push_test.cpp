// Who is told through the push gateway of which message, and who is left in peace.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <ctime>

#include "tests/scenario/figures.h"
#include "tests/scenario/group_requests.h"
#include "tests/scenario/push_gateway.h"
#include "tests/scenario/push_requests.h"

namespace talkbeat::scenario {
namespace {

using testing::HasSubstr;
using testing::Not;

/// alice, who writes, is on msg_server_0. carol is away: pushes leave in the order of the messages, so once she has
/// been told of one, it is decided who was told of those before.
class PushScenario : public testing::Test {
 protected:
  explicit PushScenario(const std::vector<std::string>& more = {})
      : cluster({.settings = gateway.settings(with_one_request(more)), .users = {"alice", "bob", "carol", "dave"}}) {
    alice.log_in("alice");
    carol = user_away(cluster, alice, "carol");
  }
  static std::vector<std::string> with_one_request(std::vector<std::string> more) {
    more.emplace_back("push.max_requests=1");
    return more;
  }
  /// Afterwards all pushes of earlier messages of alice have come.
  void decide() {
    alice.tell(carol, "this far");
    (void)gateway.expect_push(carol, ++decided_);
  }

  PushGateway gateway;
  Cluster cluster;
  WireClient alice{cluster.client_port("msg_server_0")};
  uint32_t carol = 0;

 private:
  size_t decided_ = 0;
};

// From two hours before now to two hours after it, or from then on; in UTC.
std::string hour_from_now(int hours) {
  const std::time_t at = std::time(nullptr) + hours * 3'600;
  std::tm wall{};
  ::gmtime_r(&at, &wall);
  std::array<char, 8> text{};
  (void)std::strftime(text.data(), text.size(), "%H:%M", &wall);
  return text.data();
}

TEST_F(PushScenario, a_receiver_who_is_away_is_told_once_and_not_what_the_message_says) {
  const uint32_t bob = user_away(cluster, alice, "bob");
  const auto ack = alice.tell(bob, "nobody else's business");
  const auto push = gateway.expect_push(bob);
  EXPECT_EQ(push["device_token"], "token of bob");
  EXPECT_EQ(push["platform"], "android");
  EXPECT_EQ(push["from_user_id"], alice.user_id());
  EXPECT_EQ(push["from_name"], "alice");
  EXPECT_EQ(push["conversation"], (nlohmann::json{{"type", "single"}, {"id", alice.user_id()}}));
  EXPECT_EQ(push["msg_id"], ack.msg_id());
  EXPECT_EQ(push["message_type"], "text");
  EXPECT_NEAR(push["created_at"].get<double>(), static_cast<double>(std::time(nullptr)), 60);
  EXPECT_EQ(push["unread"], 1);

  alice.tell(bob, "and more");
  EXPECT_EQ(gateway.expect_push(bob, 2)["unread"], 2);
  decide();
  EXPECT_EQ(gateway.pushes_for(bob), 2u);
  for (const auto& request : gateway.requests()) {
    EXPECT_THAT(request.body, Not(HasSubstr("business")));
    EXPECT_TRUE(PushGateway::signed_with(request, PushGateway::key()));
    EXPECT_FALSE(PushGateway::signed_with(request, "a key of somebody else's"));
    PushGateway::Request altered = request;
    altered.body += " ";
    EXPECT_FALSE(PushGateway::signed_with(altered, PushGateway::key()));
  }
  for (const char* server : {"msg_server_0", "msg_server_1"}) {
    EXPECT_THAT(cluster.log_of(server), Not(HasSubstr("token of")));
  }
}

TEST_F(PushScenario, a_message_that_is_sent_again_is_pushed_once) {
  const uint32_t bob = user_away(cluster, alice, "bob");
  alice.tell(bob, "hello", 42);
  alice.tell(bob, "hello", 42);
  decide();
  EXPECT_EQ(gateway.pushes_for(bob), 1u);
}

TEST_F(PushScenario, whoever_is_online_on_whichever_server_is_not_told) {
  for (const std::string server : {"msg_server_0", "msg_server_1"}) {
    WireClient bob(cluster.client_port(server));
    bob.log_in("bob", kMobile);
    register_device(bob, "token of bob");
    await_online(alice, bob.user_id());
    alice.tell(bob.user_id(), "hello");
    bob.expect<IM::Message::IMMsgData>();
    decide();
    EXPECT_EQ(gateway.pushes_for(bob.user_id()), 0u) << server;
  }
}

TEST_F(PushScenario, whoever_is_on_a_pc_only_is_told_where_the_settings_say_so) {
  const uint32_t bob = user_away(cluster, alice, "bob");
  WireClient pc(cluster.client_port("msg_server_1"));
  pc.log_in("bob", kPc);
  await_online(alice, bob);
  alice.tell(bob, "hello");
  decide();
  EXPECT_EQ(gateway.pushes_for(bob), 0u);
  change_push_setting(cluster, "msg_server_0", "when_pc_online", "true");
  alice.tell(bob, "hello");
  decide();
  EXPECT_EQ(gateway.pushes_for(bob), 1u);
  WireClient mobile(cluster.client_port("msg_server_0"));
  mobile.log_in("bob", kMobile);
  alice.tell(bob, "hello");
  decide();
  EXPECT_EQ(gateway.pushes_for(bob), 1u);
}

TEST_F(PushScenario, of_a_group_those_are_told_who_are_away_and_have_not_muted_it) {
  const uint32_t bob = user_away(cluster, alice, "bob");
  WireClient dave(cluster.client_port("msg_server_1"));
  dave.log_in("dave", kMobile);
  register_device(dave, "token of dave");
  await_online(alice, dave.user_id());
  const uint32_t group = create_group(alice, {bob, carol, dave.user_id()});
  tell_group(alice, group, "hello all");
  const auto push = gateway.expect_push(bob);
  EXPECT_EQ(push["conversation"], (nlohmann::json{{"type", "group"}, {"id", group}}));
  EXPECT_EQ(push["from_user_id"], alice.user_id());
  EXPECT_EQ(push["unread"], 1);
  (void)gateway.expect_push(carol);
  EXPECT_EQ(gateway.pushes_for(dave.user_id()), 0u);
  EXPECT_EQ(gateway.pushes_for(alice.user_id()), 0u);

  {
    WireClient mobile(cluster.client_port("msg_server_1"));
    mobile.log_in("bob", kMobile);
    EXPECT_EQ(shield(mobile, group, 1), 0u);
  }
  await_offline(alice, bob);
  tell_group(alice, group, "hello again");
  (void)gateway.expect_push(carol, 2);
  EXPECT_EQ(gateway.pushes_for(bob), 1u);
  alice.tell(bob, "for you alone");
  (void)gateway.expect_push(bob, 2);
}

TEST_F(PushScenario, the_push_shield_keeps_the_quiet_hours_quiet_and_no_others) {
  uint32_t bob = 0;
  {
    WireClient mobile(cluster.client_port("msg_server_1"));
    mobile.log_in("bob", kMobile);
    bob = mobile.user_id();
    register_device(mobile, "token of bob");
    EXPECT_EQ(query_push_shield(mobile).shield_status(), 0u);
    EXPECT_EQ(set_push_shield(mobile, 1), 0u);
    EXPECT_EQ(query_push_shield(mobile).shield_status(), 1u);
    EXPECT_EQ(set_push_shield(mobile, 2), uint32_t{ERROR_INVALID_ARGUMENT});
  }
  await_offline(alice, bob);
  change_push_setting(cluster, "msg_server_0", "quiet_from", '"' + hour_from_now(-2) + '"');
  change_push_setting(cluster, "msg_server_0", "quiet_until", '"' + hour_from_now(2) + '"');
  alice.tell(bob, "sleep well");
  decide();
  EXPECT_EQ(gateway.pushes_for(bob), 0u);
  EXPECT_EQ(figure(cluster, "msg_server_0", "talkbeat_pushes_dropped_total{reason=\"shield\"}"), 1);
  change_push_setting(cluster, "msg_server_0", "quiet_from", '"' + hour_from_now(3) + '"');
  change_push_setting(cluster, "msg_server_0", "quiet_until", '"' + hour_from_now(5) + '"');
  alice.tell(bob, "good morning");
  (void)gateway.expect_push(bob);
}

TEST_F(PushScenario, logging_out_of_the_mobile_device_ends_its_pushes_until_it_registers_again) {
  uint32_t bob = user_away(cluster, alice, "bob");
  {
    WireClient mobile(cluster.client_port("msg_server_1"));
    mobile.log_in("bob", kMobile);
    log_out(mobile);
  }
  await_offline(alice, bob);
  wait_until("the device is forgotten", [&] {
    const size_t before = gateway.pushes_for(bob);
    alice.tell(bob, "hello");
    decide();
    return gateway.pushes_for(bob) == before;
  });
  const size_t so_far = gateway.pushes_for(bob);
  bob = user_away(cluster, alice, "bob");
  alice.tell(bob, "hello");
  (void)gateway.expect_push(bob, so_far + 1);
}

TEST_F(PushScenario, a_device_that_changes_hands_is_told_of_its_present_users_messages_only) {
  const uint32_t bob = user_away(cluster, alice, "bob");
  uint32_t dave = 0;
  {
    WireClient mobile(cluster.client_port("msg_server_0"));
    mobile.log_in("dave", kMobile);
    register_device(mobile, "token of bob");
    dave = mobile.user_id();
  }
  await_offline(alice, dave);
  alice.tell(bob, "hello");
  alice.tell(dave, "hello");
  EXPECT_EQ(gateway.expect_push(dave)["device_token"], "token of bob");
  EXPECT_EQ(gateway.pushes_for(bob), 0u);
}

TEST_F(PushScenario, a_pc_cannot_register_a_device_and_a_token_has_a_longest_length) {
  IM::Login::IMDeviceTokenReq request;
  request.set_user_id(alice.user_id());
  request.set_device_token("token");
  alice.send(request);
  alice.expect_error(ERROR_NOT_ALLOWED);
  WireClient mobile(cluster.client_port("msg_server_1"));
  mobile.log_in("alice", kMobile);
  request.set_device_token(std::string(1'025, 't'));
  mobile.send(request);
  mobile.expect_error(ERROR_INVALID_ARGUMENT);
}

}  // namespace
}  // namespace talkbeat::scenario
