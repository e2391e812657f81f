// Commands from client to client, which nobody keeps.
#include "tests/unit/msg_server_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

using IM::SwitchService::IMP2PCmdMsg;

class TypingHandlersTest : public MsgServerTest {
 protected:
  static IMP2PCmdMsg command(UserId to, const std::string& data) {
    IMP2PCmdMsg result;
    result.set_from_user_id(4'711);
    result.set_to_user_id(to);
    result.set_cmd_msg_data(data);
    return result;
  }

  UserId alice = add_user("alice");
  UserId bob = add_user("bob");
};

TEST_F(TypingHandlersTest, a_command_reaches_the_sessions_of_both_but_for_the_one_that_sent_it) {
  const auto client = log_in("alice");
  const auto mobile = log_in("alice", CLIENT_TYPE_IOS);
  const auto peer = log_in("bob");
  client->send(command(bob, "{\"typing\":\n true}"));
  for (const auto& receiver : {mobile.get(), peer.get()}) {
    const auto heard = expect<IMP2PCmdMsg>(*receiver);
    EXPECT_EQ(heard.from_user_id(), alice);
    EXPECT_EQ(heard.to_user_id(), bob);
    EXPECT_EQ(heard.cmd_msg_data(), "{\"typing\":\n true}");
  }
  sync(*client);
  EXPECT_EQ(client->waiting<IMP2PCmdMsg>(), 0u);
  EXPECT_EQ(database->latest_sequence().value(), 0u);
}

TEST_F(TypingHandlersTest, one_to_oneself_reaches_ones_other_sessions_once) {
  const auto client = log_in("alice");
  const auto mobile = log_in("alice", CLIENT_TYPE_IOS);
  client->send(command(alice, "note"));
  expect<IMP2PCmdMsg>(*mobile);
  sync(*mobile);
  EXPECT_EQ(mobile->waiting<IMP2PCmdMsg>(), 0u);
}

TEST_F(TypingHandlersTest, one_to_nobody_is_told_to_nobody) {
  const auto client = log_in("alice");
  for (const UserId nobody : {bob, 0u, 4'000'000u}) client->send(command(nobody, "anybody there?"));
  sync(*client);
  EXPECT_EQ(client->waiting<TbError>(), 0u);
}

TEST_F(TypingHandlersTest, what_is_too_long_or_not_utf8_is_refused) {
  config.client.max_p2p_command = 64;
  const auto client = log_in("alice");
  const auto peer = log_in("bob");
  for (const std::string& bad : {std::string(65, 'x'), std::string("\xff")}) {
    client->send(command(bob, bad));
    expect_error(*client, ERROR_INVALID_ARGUMENT);
  }
  client->send(command(bob, std::string(64, 'x')));
  EXPECT_EQ(expect<IMP2PCmdMsg>(*peer).cmd_msg_data().size(), 64u);
}

TEST_F(TypingHandlersTest, the_bus_carries_it_to_those_who_are_elsewhere_and_not_found_here) {
  const auto client = log_in("alice");
  const auto relays_of_one = [&](UserId to) {
    bus.relayed.clear();
    client->send(command(to, "typing"));
    sync(*client);
    std::vector<UserId> named;
    for (const auto& relayed : bus.relayed) named.insert(named.end(), relayed.users.begin(), relayed.users.end());
    return named;
  };
  EXPECT_EQ(relays_of_one(bob), std::vector{bob}) << "this server may not have heard of bob's login yet";
  const auto peer = log_in("bob");
  EXPECT_EQ(relays_of_one(bob), std::vector<UserId>());
  users.remote_online(0, bob, ClientClass::kMobile, {CLIENT_TYPE_IOS, 5});
  EXPECT_EQ(relays_of_one(bob), std::vector{bob});
  users.remote_online(1, alice, ClientClass::kMobile, {CLIENT_TYPE_IOS, 5});
  EXPECT_EQ(relays_of_one(bob), (std::vector{bob, alice}));
  EXPECT_EQ(relays_of_one(alice), std::vector{alice}) << "once";
}

TEST_F(TypingHandlersTest, one_in_an_unusual_encoding_is_understood) {
  const auto client = log_in("alice");
  const auto peer = log_in("bob");
  const std::string usual = command(bob, "typing").SerializeAsString();
  client->send_raw(kCommandOf<IMP2PCmdMsg>, usual + std::string("\xa0\x06\x01", 3));  // a field 100
  client->send_raw(kCommandOf<IMP2PCmdMsg>, usual + command(bob, "again").SerializeAsString());
  EXPECT_EQ(expect<IMP2PCmdMsg>(*peer).SerializeAsString(), [&] {
    IMP2PCmdMsg expected = command(bob, "typing");
    expected.set_from_user_id(alice);
    return expected.SerializeAsString();
  }());
  EXPECT_EQ(expect<IMP2PCmdMsg>(*peer).cmd_msg_data(), "again");
  client->send_raw(kCommandOf<IMP2PCmdMsg>, usual.substr(0, usual.size() - 1));
  expect_error(*client, ERROR_MALFORMED);
  client->send_raw(kCommandOf<IMP2PCmdMsg>);
  expect_error(*client, ERROR_MALFORMED);
}

TEST_F(TypingHandlersTest, commands_count_as_messages_do) {
  config.client.message_rate = 1;
  config.client.message_burst = 2;
  const auto client = log_in("alice");
  for (int i = 0; i < 3; ++i) client->send(command(bob, "typing"));
  expect_error(*client, ERROR_RATE_LIMITED);
}

}  // namespace
}  // namespace talkbeat::msg_server_test
