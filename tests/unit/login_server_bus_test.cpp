#include "tests/unit/login_server_bus_fixture.h"

// The msg_server's end of its links, against login_servers that the test plays.
namespace talkbeat::login_bus_test {
namespace {

using IM::Other::IMHeartBeat;
using IM::Server::IMMsgServInfo;
using IM::Server::IMOnlineUserInfo;
using IM::Server::IMServerKickUser;
using IM::Server::IMUserStatusUpdate;

TEST_F(LoginServerBusTest, both_prove_the_key_and_then_it_registers_with_all_its_users) {
  listener.users.add(5, ClientClass::kPc, {{1, 77}, ConnId{1}});
  listener.users.add(6, ClientClass::kMobile, {{0x11, 78}, ConnId{2}});
  start({first.address()});
  connect(first);
  first.challenge();
  const auto proof = expect<TbServerAuth>(first);
  EXPECT_EQ(proof.name(), "msg_server_7");
  EXPECT_EQ(proof.epoch(), 42u);
  EXPECT_EQ(proof.mac(), ClusterAuth(key).prove_msg_server(std::string(ClusterAuth::kNonceSize, 'n'), proof.nonce(), 42,
                                                           "msg_server_7"));
  EXPECT_FALSE(bus->connected());
  first.accept_proof(proof, key);
  const auto info = expect<IMMsgServInfo>(first);
  EXPECT_EQ(info.port(), 8200u);
  EXPECT_EQ(info.tls_port(), 8202u);
  EXPECT_EQ(info.cur_conn_cnt(), 3u);
  EXPECT_FALSE(info.has_after_sequence());
  EXPECT_EQ(expect<IMOnlineUserInfo>(first).user_stat_list_size(), 2);
  EXPECT_EQ(expect<IMHeartBeat>(first).load().users(), 2u);
  EXPECT_TRUE(bus->connected());
}

TEST_F(LoginServerBusTest, a_login_server_without_the_key_learns_nothing_and_is_left) {
  start({first.address()});
  connect(first);
  first.challenge();
  first.accept_proof(expect<TbServerAuth>(first), key_of(2));
  EXPECT_TRUE(turn_until([&] { return first.ended(); }));
  EXPECT_FALSE(first.take<IMMsgServInfo>());
  EXPECT_FALSE(bus->connected());
  EXPECT_TRUE(listener.heard.empty());
}

TEST_F(LoginServerBusTest, whatever_is_sent_before_the_proof_ends_the_link_and_has_no_effect) {
  start({first.address()});
  TbRelay relay;
  relay.add_user_ids(1);
  relay.set_pdu("x");
  connect(first);
  first.send(relay);
  EXPECT_TRUE(turn_until([&] { return first.ended(); }));
  connect(first);
  first.challenge();
  expect<TbServerAuth>(first);
  first.challenge();
  EXPECT_TRUE(turn_until([&] { return first.ended(); }));
  connect(first);
  first.send(IMHeartBeat());
  EXPECT_TRUE(turn_until([&] { return first.ended(); }));
  EXPECT_TRUE(listener.heard.empty());
}

TEST_F(LoginServerBusTest, news_from_a_registered_link_reaches_the_server) {
  start({first.address(), second.address()});
  register_with(first);
  register_with(second);
  TbRelay relay;
  relay.add_user_ids(1);
  relay.set_pdu(whole_pdu("hello"));
  second.send(relay);
  EXPECT_TRUE(heard("relay " + relay.pdu()));
  TbSweep sweep;
  sweep.set_after_sequence(12);
  second.send(sweep);
  EXPECT_TRUE(heard("sweep 12"));
  IMServerKickUser kick;
  kick.set_user_id(5);
  kick.set_client_type(IM::BaseDefine::CLIENT_TYPE_MAC);
  kick.set_reason(IM::BaseDefine::KICK_REASON_DUPLICATE_USER);
  kick.set_login_stamp(9);
  second.send(kick);
  EXPECT_TRUE(heard("kick 5 below 9"));
  kick.set_reason(static_cast<uint32_t>(EndReason::kKicked));
  second.send(kick);
  EXPECT_TRUE(heard("end 5 class 0 for 102 up to 9"));
  IMOnlineUserInfo users;
  auto& user = *users.add_user_stat_list();
  user.set_user_id(8);
  user.set_status(IM::BaseDefine::USER_STATUS_ONLINE);
  user.set_client_type(IM::BaseDefine::CLIENT_TYPE_WINDOWS);
  second.send(users);
  EXPECT_TRUE(heard("online 8 from 1"));
  user.set_status(IM::BaseDefine::USER_STATUS_OFFLINE);
  second.send(users);
  EXPECT_TRUE(heard("offline 8 from 1"));
}

TEST_F(LoginServerBusTest, everything_is_sent_to_all_login_servers) {
  start({first.address(), second.address()});
  register_with(first);
  register_with(second);
  SharedBytes pdu(3);
  bus->relay(std::array<UserId, 2>{1, 2}, pdu, 7, ClientClass::kMobile);
  bus->user_online(5, {1, 99});
  bus->kick(6, 1, IM::BaseDefine::KICK_REASON_MOBILE_KICK, 100);
  for (FakeLoginServer* server : {&first, &second}) {
    const auto relay = expect<TbRelay>(*server);
    EXPECT_EQ(relay.user_ids_size(), 2);
    EXPECT_EQ(relay.message_sequence(), 7u);
    EXPECT_EQ(relay.client_class(), 1u);
    EXPECT_EQ(expect<IMUserStatusUpdate>(*server).login_stamp(), 99u);
    EXPECT_EQ(expect<IMServerKickUser>(*server).login_stamp(), 100u);
  }
}

// What waits is bounded by cluster.queue_hard: whoever is to get it finds it in the store.
TEST_F(LoginServerBusTest, a_link_that_takes_less_than_is_sent_ends_at_its_limit) {
  config.cluster.link.out = {.soft = 1'000, .soft_ms = 10'000, .hard = 1'000};
  start({first.address()});
  register_with(first);
  // More than the kernel takes for who reads nothing.
  const SharedBytes pdu(256 << 10);
  for (int i = 0; i < 200 && bus->connected(); ++i) bus->relay(std::array<UserId, 1>{1}, pdu, 7, std::nullopt);
  EXPECT_TRUE(heard("lost 0"));
  EXPECT_FALSE(bus->connected());
}

// Clients would get it as it is. The link, whose fault it may not be, stays.
TEST_F(LoginServerBusTest, what_is_not_one_whole_pdu_is_not_delivered) {
  start({first.address()});
  register_with(first);
  const std::string pdu = whole_pdu("hello");
  for (int i = 0; i < 5; ++i) {
    TbRelay relay;
    relay.set_pdu(pdu.substr(0, pdu.size() - 1));
    relay.add_user_ids(1);
    first.send(relay);
    relay.set_group_id(1);
    first.send(relay);
  }
  TbSweep sweep;
  sweep.set_after_sequence(12);
  first.send(sweep);
  EXPECT_TRUE(heard("sweep 12"));
  EXPECT_EQ(listener.heard.size(), 1u);
}

TEST_F(LoginServerBusTest, a_relay_to_a_group_names_no_users_and_one_to_watchers_names_whom_it_is_about) {
  start({first.address()});
  register_with(first);
  const SharedBytes pdu(3);
  bus->relay_to_group(5, 6, pdu, 7, 8);
  bus->relay_to_group(5, 6, pdu, std::nullopt, 0);
  bus->relay_to_watchers(9, pdu);
  auto relay = expect<TbRelay>(first);
  EXPECT_EQ(relay.user_ids_size(), 0);
  EXPECT_EQ(relay.group_id(), 5u);
  EXPECT_EQ(relay.group_version(), 6u);
  EXPECT_EQ(relay.message_sequence(), 7u);
  EXPECT_EQ(relay.except_user_id(), 8u);
  EXPECT_EQ(relay.pdu().size(), 3u);
  relay = expect<TbRelay>(first);
  EXPECT_EQ(relay.group_id(), 5u);
  EXPECT_FALSE(relay.has_message_sequence());
  EXPECT_FALSE(relay.has_except_user_id());
  relay = expect<TbRelay>(first);
  EXPECT_EQ(relay.user_ids_size(), 0);
  EXPECT_FALSE(relay.has_group_id());
  EXPECT_EQ(relay.watchers_of(), 9u);
}

TEST_F(LoginServerBusTest, after_a_lost_link_it_says_until_when_the_link_was_whole) {
  start({first.address()});
  bus->note_sequence(30);
  register_with(first);
  bus->note_sequence(40);
  first.close();
  EXPECT_TRUE(heard("lost 0"));
  EXPECT_FALSE(bus->connected());
  const auto info = register_with(first);
  EXPECT_EQ(info.after_sequence(), 30u);
}

// What it hears says nothing of whether it is heard: until login_server would have closed the link for silence.
TEST_F(LoginServerBusTest, a_link_counts_as_whole_only_until_its_silence_would_have_ended_it) {
  start({first.address()});
  bus->note_sequence(30);
  register_with(first);
  const Tick silence = config.cluster.link.liveness.silence_timeout_ms;
  for (Tick passed = 0; passed < silence; passed += 1'000) {
    run_for(1'000);
    first.send(IM::Other::IMHeartBeat());
    bus->note_sequence(40);
    turn();
  }
  first.close();
  EXPECT_TRUE(heard("lost 0"));
  EXPECT_EQ(register_with(first).after_sequence(), 30u);
}

TEST_F(LoginServerBusTest, a_quiet_link_carries_the_load_as_a_heartbeat) {
  start({first.address()});
  register_with(first);
  expect<IMHeartBeat>(first);
  listener.load.connections = 4;
  run_for(config.cluster.link.liveness.heartbeat_interval_ms);
  EXPECT_EQ(expect<IMHeartBeat>(first).load().connections(), 4u);
}

TEST_F(LoginServerBusTest, a_change_is_reported_at_once_where_that_is_asked_for) {
  start({first.address()});
  register_with(first);
  EXPECT_FALSE(expect<IMHeartBeat>(first).load().draining());
  listener.load.draining = true;
  bus->report_now();
  EXPECT_TRUE(expect<IMHeartBeat>(first).load().draining());
}

TEST_F(LoginServerBusTest, places_are_asked_of_a_login_server_that_answers) {
  std::vector<int> answers;
  const auto note = [&](const std::optional<TbPlacesRsp>& places) { answers.push_back(places ? 1 : -1); };
  start({first.address(), second.address()});
  bus->find_places(5, note);
  EXPECT_EQ(answers, std::vector<int>{-1}) << "no login_server is there";
  register_with(first);
  register_with(second);
  bus->find_places(5, note);
  EXPECT_EQ(expect<TbPlacesReq>(first).clients(), 5u);
  run_for(PlaceFinder::kTimeoutMs);
  EXPECT_EQ(answers, (std::vector<int>{-1, -1})) << "the first one does not answer";
  bus->find_places(6, note);
  EXPECT_EQ(expect<TbPlacesReq>(second).clients(), 6u);
  second.send(TbPlacesRsp(), 2);
  EXPECT_TRUE(turn_until([&] { return answers.size() == 3; }));
  EXPECT_EQ(answers.back(), 1);
}

TEST_F(LoginServerBusTest, a_silent_login_server_is_taken_for_dead) {
  start({first.address()});
  register_with(first);
  for (int i = 0; i < 40 && bus->connected(); ++i) run_for(900);
  EXPECT_FALSE(bus->connected());
  EXPECT_THAT(listener.heard, ::testing::Contains("lost 0"));
}

TEST_F(LoginServerBusTest, a_login_server_has_heard_of_everybody_when_the_others_have_had_time_to_register) {
  config.cluster.backoff.max_ms = 2'000;
  config.cluster.connect_timeout_ms = 1'000;
  start({first.address(), second.address()});
  EXPECT_FALSE(bus->settled());
  register_with(first);
  run_for(2'000);
  EXPECT_FALSE(bus->settled());
  register_with(second);
  run_for(1'000);
  EXPECT_TRUE(bus->settled());
  first.close();
  EXPECT_TRUE(heard("lost 0"));
  EXPECT_FALSE(bus->settled()) << "the other one is there for too short a time";
  run_for(2'000);
  EXPECT_TRUE(bus->settled());
}

TEST_F(LoginServerBusTest, after_stop_the_links_are_closed_and_not_tried_again) {
  start({first.address()});
  register_with(first);
  bus->stop();
  EXPECT_TRUE(turn_until([&] { return first.ended(); }));
  EXPECT_FALSE(bus->connected());
  EXPECT_TRUE(listener.heard.empty());
  run_for(900);
  EXPECT_FALSE(first.accept());
}

}  // namespace
}  // namespace talkbeat::login_bus_test
