#include "msg_server/status_notifier.h"

#include "tests/unit/msg_server_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

class StatusNotifierTest : public MsgServerTest {
 protected:
  void watch(TestClient& client, UserId user) {
    IM::Buddy::IMUsersStatReq request;
    request.set_user_id(0);
    request.add_user_id_list(user);
    client.send(request);
    expect<IM::Buddy::IMUsersStatRsp>(client);
  }
  void come(UserId user, ClientClass client_class = ClientClass::kPc) {
    status.about_to_change(user);
    users.remote_online(0, user, client_class, {});
  }
  void go(UserId user, ClientClass client_class = ClientClass::kPc) {
    status.about_to_change(user);
    users.remote_offline(0, user, client_class);
  }
  size_t notes_of(TestClient& client) {
    run_for(kGatherMs);
    sync(client);
    return client.waiting<IMUserStatNotify>();
  }

  UserId alice = add_user("alice");
  UserId bob = add_user("bob");
};

TEST_F(StatusNotifierTest, who_asked_for_a_users_status_hears_of_its_coming_and_going) {
  const auto client = log_in("alice");
  watch(*client, bob);
  come(bob);
  EXPECT_EQ(notes_of(*client), 1u);
  EXPECT_EQ(client->take<IMUserStatNotify>()->user_stat().status(), USER_STATUS_ONLINE);
  go(bob);
  EXPECT_EQ(notes_of(*client), 1u);
  const auto note = client->take<IMUserStatNotify>();
  EXPECT_EQ(note->user_stat().status(), USER_STATUS_OFFLINE);
  EXPECT_EQ(note->user_stat().user_id(), bob);
}

TEST_F(StatusNotifierTest, a_change_that_is_undone_within_the_moment_is_not_told) {
  const auto client = log_in("alice");
  watch(*client, bob);
  come(bob);
  run_for(kGatherMs / 2);
  go(bob);
  EXPECT_EQ(notes_of(*client), 0u);
}

TEST_F(StatusNotifierTest, whoever_asks_within_the_moment_hides_no_change_from_those_who_watch) {
  const auto watcher = log_in("alice");
  watch(*watcher, bob);
  const auto newcomer = log_in("alice", IM::BaseDefine::CLIENT_TYPE_IOS);
  come(bob);
  watch(*newcomer, bob);  // is told that bob is there
  go(bob);
  EXPECT_EQ(notes_of(*watcher), 2u);
  EXPECT_EQ(newcomer->waiting<IMUserStatNotify>(), 0u);
}

TEST_F(StatusNotifierTest, leaving_the_pc_for_the_phone_is_not_going_offline) {
  const auto client = log_in("alice");
  come(bob);
  watch(*client, bob);
  come(bob, ClientClass::kMobile);
  go(bob);
  EXPECT_EQ(notes_of(*client), 0u);
  go(bob, ClientClass::kMobile);
  EXPECT_EQ(notes_of(*client), 1u);
}

TEST_F(StatusNotifierTest, mobile_sessions_are_not_told) {
  const auto client = log_in("alice", CLIENT_TYPE_ANDROID);
  watch(*client, bob);
  client->send(message(bob, "hello"));
  expect<IMMsgDataAck>(*client);
  EXPECT_TRUE(watchers.watched(bob));  // for other news than this
  come(bob);
  EXPECT_EQ(notes_of(*client), 0u);
}

TEST_F(StatusNotifierTest, who_has_written_to_a_user_hears_of_its_coming) {
  const auto client = log_in("alice");
  client->send(message(bob, "hello"));
  expect<IMMsgDataAck>(*client);
  come(bob);
  EXPECT_EQ(notes_of(*client), 1u);
}

TEST_F(StatusNotifierTest, a_session_that_has_ended_watches_nobody) {
  const auto client = log_in("alice");
  watch(*client, bob);
  EXPECT_EQ(watchers.watched_users(), 1u);
  client->close();
  EXPECT_TRUE(until([&] { return watchers.watched_users() == 0; }));
  come(bob);
  run_for(kGatherMs);
}

TEST_F(StatusNotifierTest, a_slow_reader_that_is_closed_by_the_news_harms_nobody) {
  std::vector<Peer> peers;
  std::vector<ConnId> ids;
  RecordingProtocol protocol;
  for (int i = 0; i < 8; ++i) {
    auto [socket, peer] = connect_pair();
    peers.push_back(std::move(peer));
    Connection& connection = connections.adopt(socket, {}, protocol);
    const TokenBucket tokens(1, 1, clock.now());
    connection.set_attachment(std::make_unique<ClientSession>(tokens, tokens));
    ids.push_back(connection.id());
    watchers.watch(connection.id(), bob);
  }
  close_hook = [&](ConnId id) { watchers.forget(id); };
  status.about_to_change(bob);
  users.remote_online(0, bob, ClientClass::kPc, {});
  // The news comes while they hold more than they may.
  transport.writes_block = true;
  for (const ConnId id : ids) connections.find(id)->set_out_limits({0, 0, 0});
  clock.advance(kGatherMs);
  loop.post([&] {
    for (const ConnId id : ids) connections.find(id)->send(bytes_of("filling"));
  });
  run_for(kGatherMs);
  EXPECT_EQ(protocol.closed.size(), 8u);
  EXPECT_EQ(watchers.watched_users(), 0u);
}

}  // namespace
}  // namespace talkbeat::msg_server_test
