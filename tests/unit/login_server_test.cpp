// The ports of a login_server: who may come in, what operators are told, how it ends. (What clients are told:
// login_server_discovery_test.cpp.)
#include <gmock/gmock.h>

#include "tests/unit/login_server_fixture.h"
#include "tests/unit/whole_pdu.h"

namespace talkbeat::login_server_test {
namespace {

using testing::HasSubstr;

// --- who may speak on the cluster's port

TEST_F(LoginServerTest, a_wrong_key_is_refused) {
  Peer peer(server_->cluster_address());
  peer.send(proof(*wait_for<TbChallenge>(peer), "msg_server_0", 1, key_of(2)));
  const auto result = wait_for<TbServerAuthResult>(peer);
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->accepted());
  EXPECT_FALSE(result->has_mac());
  EXPECT_TRUE(wait_closed(peer));
  EXPECT_THAT(metrics_->render(), HasSubstr(R"(closed_total{reason="auth_failed",role="server_link"} 1)"));
}

TEST_F(LoginServerTest, a_recorded_handshake_is_worth_nothing) {
  Peer first(server_->cluster_address());
  const TbServerAuth recorded = proof(*wait_for<TbChallenge>(first), "msg_server_0", 1, key_);
  first.send(recorded);
  ASSERT_TRUE(wait_for<TbServerAuthResult>(first)->accepted());
  Peer second(server_->cluster_address());
  ASSERT_TRUE(wait_for<TbChallenge>(second));
  second.send(recorded);
  EXPECT_FALSE(wait_for<TbServerAuthResult>(second)->accepted());
  EXPECT_TRUE(wait_closed(second));
}

TEST_F(LoginServerTest, a_strangers_pdus_have_no_effect) {
  auto victim = register_server("msg_server_0");
  victim->send(status(7, USER_STATUS_ONLINE, 1));
  settle(*victim);
  const auto expect_closed = [&](const auto& message) {
    Peer stranger(server_->cluster_address());
    ASSERT_TRUE(wait_for<TbChallenge>(stranger));
    stranger.send(message);
    EXPECT_TRUE(wait_closed(stranger));
    EXPECT_EQ(stranger.count<TbServerAuthResult>(), 0u);
  };
  TbRelay relay;
  relay.add_user_ids(7);
  relay.set_pdu("x");
  IMServerKickUser kick;
  kick.set_user_id(7);
  kick.set_client_type(CLIENT_TYPE_WINDOWS);
  kick.set_reason(1);
  expect_closed(info());
  expect_closed(relay);
  expect_closed(kick);
  expect_closed(IMHeartBeat());
  settle(*victim);
  EXPECT_EQ(victim->count<TbRelay>() + victim->count<IMServerKickUser>(), 0u);
  EXPECT_EQ(get_json("/api/cluster")["servers"].size(), 1u);
}

TEST_F(LoginServerTest, one_that_proves_nothing_is_closed_in_time) {
  Peer peer(server_->cluster_address());
  ASSERT_TRUE(wait_for<TbChallenge>(peer));
  advance(config_.cluster.link.liveness.handshake_timeout_ms + 200);
  EXPECT_TRUE(wait_closed(peer));
}

TEST_F(LoginServerTest, large_pdus_are_taken_only_from_proven_servers) {
  TbRelay relay;
  relay.add_user_ids(7);
  relay.set_pdu(whole_pdu(std::string(20'000, 'x')));
  Peer stranger(server_->cluster_address());
  ASSERT_TRUE(wait_for<TbChallenge>(stranger));
  stranger.send(relay);
  EXPECT_TRUE(wait_closed(stranger));
  EXPECT_THAT(metrics_->render(), HasSubstr(R"(closed_total{reason="protocol_error",role="server_link"} 1)"));
  auto known = register_server("msg_server_0");
  known->send(relay);
  settle(*known);
}

// Clients get the address as it is, in a protobuf `string`.
TEST_F(LoginServerTest, an_address_that_is_no_text_is_refused) {
  for (const char* ip : {"192.0.2.\xff", "192.0.2.1\n"}) {
    auto peer = prove("msg_server_0");
    IMMsgServInfo bad = info();
    bad.set_ip1(ip);
    peer->send(bad);
    EXPECT_EQ(wait_for<TbError>(*peer)->code(), ERROR_INVALID_ARGUMENT);
    bad = info();
    bad.set_ip2(ip);
    peer->send(bad);
    EXPECT_EQ(wait_for<TbError>(*peer)->code(), ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(ask()->result_code(), IM::BaseDefine::REFUSE_REASON_NO_MSG_SERVER);
  }
}

// --- HTTP for operators

TEST_F(LoginServerTest, what_the_cluster_is_like_is_told_to_others_only_where_the_settings_say_so) {
  const auto passed_on = [this](const std::string& path) {
    return http("GET " + path + " HTTP/1.1\r\nX-Forwarded-For: 203.0.113.7\r\nConnection: close\r\n\r\n");
  };
  for (const char* path : {"/metrics", "/api/cluster", "/api/why"}) {
    EXPECT_THAT(get(path), HasSubstr("HTTP/1.1 200")) << path;
    EXPECT_THAT(passed_on(path), HasSubstr("HTTP/1.1 403")) << path;
  }
  for (const char* path : {"/healthz", "/msg_server"}) EXPECT_THAT(passed_on(path), HasSubstr("HTTP/1.1 200")) << path;
  config_.client.status_for_all = true;
  for (const char* path : {"/metrics", "/api/cluster"}) EXPECT_THAT(passed_on(path), HasSubstr("HTTP/1.1 200")) << path;
  EXPECT_THAT(passed_on("/api/why"), HasSubstr("HTTP/1.1 403"));
}

TEST_F(LoginServerTest, pages_for_operators) {
  auto peer = register_server("msg_server_0", info(), {}, 0xabcdef);
  peer->send(status(7, USER_STATUS_ONLINE, 1));
  settle(*peer);
  const auto health = get_json("/healthz");
  EXPECT_EQ(health["status"], "ok");
  EXPECT_EQ(health["name"], "login_server_0");
  const auto cluster = get_json("/api/cluster");
  EXPECT_EQ(cluster["users_online"], 1);
  EXPECT_EQ(cluster["servers"][0]["name"], "msg_server_0");
  EXPECT_EQ(cluster["servers"][0]["epoch"], "0000000000abcdef");
  EXPECT_EQ(cluster["servers"][0]["users"], 1);
  const std::string figures = get("/metrics");
  EXPECT_THAT(figures, HasSubstr("talkbeat_msg_servers 1"));
  EXPECT_THAT(figures, HasSubstr("talkbeat_users_online 1"));
}

TEST_F(LoginServerTest, other_paths_and_methods_are_refused) {
  EXPECT_THAT(get("/nothing"), HasSubstr("HTTP/1.1 404"));
  const std::string refused = http("POST /msg_server HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(refused, HasSubstr("HTTP/1.1 405"));
  EXPECT_THAT(refused, HasSubstr("Allow: GET, HEAD"));
}

TEST_F(LoginServerTest, bytes_that_are_no_text_do_not_break_the_pages) {
  IMMsgServInfo odd = info();
  odd.set_host_name("\xff\"\n");
  auto peer = register_server("\x01\xfe", odd);
  EXPECT_EQ(get_json("/api/cluster")["servers"].size(), 1u);
  EXPECT_EQ(get_json("/msg_server")["code"], 0);
}

// --- registration

TEST_F(LoginServerTest, a_lost_server_is_named_no_more) {
  auto peer = register_server("msg_server_0");
  EXPECT_EQ(ask()->result_code(), IM::BaseDefine::REFUSE_REASON_NONE);
  peer->close();
  ASSERT_TRUE(until([&] { return server_->connections().size() == 0; }));
  EXPECT_EQ(ask()->result_code(), IM::BaseDefine::REFUSE_REASON_NO_MSG_SERVER);
}

TEST_F(LoginServerTest, a_new_link_replaces_the_old_one_and_voids_what_it_said) {
  auto old_link = register_server("msg_server_0");
  old_link->send(status(7, USER_STATUS_ONLINE, 1));
  settle(*old_link);
  auto new_link = register_server("msg_server_0", info(8210), {}, 2);
  EXPECT_TRUE(wait_closed(*old_link));
  const auto cluster = get_json("/api/cluster");
  ASSERT_EQ(cluster["servers"].size(), 1u);
  EXPECT_EQ(cluster["servers"][0]["port"], 8210);
  EXPECT_EQ(cluster["users_online"], 0);
  EXPECT_THAT(metrics_->render(), HasSubstr(R"(closed_total{reason="replaced",role="server_link"} 1)"));
}

TEST_F(LoginServerTest, nothing_but_the_registration_counts_before_it) {
  auto peer = prove("msg_server_0");
  peer->send(status(7, USER_STATUS_ONLINE, 1));
  EXPECT_EQ(wait_for<TbError>(*peer)->code(), ERROR_NOT_ALLOWED);
  EXPECT_EQ(get_json("/api/cluster")["users_online"], 0);
}

TEST_F(LoginServerTest, a_silent_link_is_closed_and_a_beating_one_is_not) {
  auto silent = register_server("msg_server_0");
  auto beating = register_server("msg_server_1");
  for (int i = 0; i < 7; ++i) {
    advance(5'000);
    beating->send(IMHeartBeat());
    settle(*beating);
  }
  EXPECT_TRUE(wait_closed(*silent));
  EXPECT_GE(silent->count<IMHeartBeat>(), 5u) << "our own heartbeats";
  EXPECT_EQ(get_json("/api/cluster")["servers"].size(), 1u);
}

// --- the end

TEST_F(LoginServerTest, stopping_closes_everything_and_says_when_it_is_done) {
  auto peer = register_server("msg_server_0");
  Peer client(server_->client_address());
  ASSERT_TRUE(until([&] { return server_->connections().size() == 2; }));
  bool stopped = false;
  server_->stop([&] { stopped = true; });
  EXPECT_TRUE(wait_closed(*peer));
  EXPECT_TRUE(wait_closed(client));
  peer->close();
  client.close();
  EXPECT_TRUE(until([&] { return stopped; }));
}

TEST_F(LoginServerTest, a_taken_port_is_an_error_and_leaves_none_open) {
  LoginServerConfig second = config_;
  second.client.listen = {"127.0.0.1", 0};
  second.client.http_listen = server_->http_address();
  Metrics metrics(clock_);
  LoginServer other(*loop_, disk_, rng_, metrics, second, key_);
  const Status status = other.start();
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr(second.client.http_listen.to_string()));
}

TEST(LoginServerConfigTest, the_defaults_are_allowed) {
  LoginServerConfig config;
  OptionTable table = describe(config);
  EXPECT_TRUE(table.load("").ok());
  EXPECT_FALSE(table.set("server.name=").ok());
  EXPECT_FALSE(table.set("cluster.queue_hard=64KiB").ok());
  EXPECT_FALSE(table.set("cluster.silence_timeout=5s").ok());
}

}  // namespace
}  // namespace talkbeat::login_server_test
