// Commands from client to client ("is typing"): passed on, never kept.
#include <gtest/gtest.h>

#include "proto/switch_service.pb.h"
#include "tests/scenario/cluster.h"
#include "tests/scenario/requests.h"

namespace talkbeat::scenario {
namespace {

using IM::SwitchService::IMP2PCmdMsg;

IMP2PCmdMsg command(uint32_t to, const std::string& data) {
  IMP2PCmdMsg result;
  result.set_from_user_id(4'711);  // is overwritten
  result.set_to_user_id(to);
  result.set_cmd_msg_data(data);
  return result;
}

void expect_none(WireClient& client) {
  client.sync();
  EXPECT_EQ(client.waiting<IMP2PCmdMsg>(), 0u);
}

TEST(Typing, a_command_reaches_both_peoples_sessions_on_all_servers_and_nobody_else) {
  ClusterOptions options;
  options.users = {"alice", "bob", "carol"};
  Cluster cluster(options);
  const uint16_t here = cluster.client_port("msg_server_0");
  const uint16_t there = cluster.client_port("msg_server_1");
  WireClient alice(here);
  WireClient alice_mobile(there);
  WireClient bob(there);
  WireClient bob_mobile(here);
  WireClient carol(there);
  alice.log_in("alice");
  alice_mobile.log_in("alice", kMobile);
  bob.log_in("bob");
  bob_mobile.log_in("bob", kMobile);
  carol.log_in("carol");
  await_online(alice, bob.user_id());
  await_online(alice, carol.user_id());
  // What relays go by is the news that login_server has.
  wait_until("a command has come to bob, and one to alice's phone", [&] {
    alice.send(command(bob.user_id(), "warming up"));
    bob.sync();
    alice_mobile.sync();
    return bob.waiting<IMP2PCmdMsg>() > 0 && alice_mobile.waiting<IMP2PCmdMsg>() > 0;
  });
  alice.send(command(bob.user_id(), "{\"typing\": true}\r\n"));
  for (WireClient* client : {&bob, &bob_mobile, &alice_mobile}) {
    IMP2PCmdMsg heard;
    do {
      heard = client->expect<IMP2PCmdMsg>();
      EXPECT_EQ(heard.from_user_id(), alice.user_id());
      EXPECT_EQ(heard.to_user_id(), bob.user_id());
    } while (heard.cmd_msg_data() == "warming up");
    EXPECT_EQ(heard.cmd_msg_data(), "{\"typing\": true}\r\n");
  }
  for (WireClient* client : {&alice, &alice_mobile, &bob, &bob_mobile, &carol}) expect_none(*client);
}

TEST(Typing, nothing_is_kept_for_who_is_not_there) {
  Cluster cluster;
  WireClient alice(cluster.client_port("msg_server_0"));
  alice.log_in("alice");
  uint32_t bob_id = 0;
  {
    WireClient bob(cluster.client_port("msg_server_1"));
    bob.log_in("bob");
    bob_id = bob.user_id();
    await_online(alice, bob_id);
  }
  wait_until("bob is gone", [&] { return status_of(alice, bob_id) == IM::BaseDefine::USER_STATUS_OFFLINE; });
  for (const uint32_t nobody : {bob_id, 0u, 4'000'000u}) alice.send(command(nobody, "are you there?"));
  alice.sync();
  EXPECT_EQ(alice.waiting<TbError>(), 0u);
  EXPECT_EQ(latest_id_of(alice, bob_id), 0u);
  EXPECT_TRUE(recent_peers_of(alice).empty());
}

TEST(Typing, what_is_too_long_or_not_utf8_or_too_much_is_refused) {
  ClusterOptions options;
  options.settings = {"client.max_p2p_command=64", "client.message_rate=1", "client.message_burst=4"};
  Cluster cluster(options);
  WireClient alice(cluster.client_port("msg_server_0"));
  alice.log_in("alice");
  const auto refusal_of = [&](const std::string& data, ErrorCode code) {
    return alice.expect_error(code, alice.send(command(2, data)));
  };
  refusal_of(std::string(65, 'x'), ERROR_INVALID_ARGUMENT);
  refusal_of("\xff", ERROR_INVALID_ARGUMENT);
  for (int i = 0; i < 4; ++i) alice.send(command(2, "typing"));
  EXPECT_GT(alice.expect_error(ERROR_RATE_LIMITED).retry_after_ms(), 0u);
  // Before the login.
  WireClient stranger(cluster.client_port("msg_server_0"));
  stranger.expect_error(ERROR_NOT_LOGGED_IN, stranger.send(command(1, "hello")));
}

}  // namespace
}  // namespace talkbeat::scenario
