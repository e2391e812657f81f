// What clients are told by login_server, on its client port and by HTTP: where to go.
#include <gmock/gmock.h>

#include "tests/unit/login_server_fixture.h"
#include "tests/unit/tls_fixture.h"

namespace talkbeat::login_server_test {
namespace {

using testing::HasSubstr;

TEST_F(LoginServerTest, without_servers_the_code_is_1) {
  EXPECT_EQ(ask()->result_code(), IM::BaseDefine::REFUSE_REASON_NO_MSG_SERVER);
  EXPECT_EQ(get_json("/msg_server")["code"], 1);
}

TEST_F(LoginServerTest, a_client_is_told_where_to_go_and_closed) {
  auto peer = register_server("msg_server_0");
  Peer client(server_->client_address());
  client.send(IMMsgServReq(), 77);
  PduHeader header;
  const auto response = wait_for<IMMsgServRsp>(client, &header);
  ASSERT_TRUE(response);
  EXPECT_EQ(header.seq_num, 77);
  EXPECT_EQ(response->result_code(), IM::BaseDefine::REFUSE_REASON_NONE);
  EXPECT_EQ(response->prior_ip(), "192.0.2.1");
  EXPECT_EQ(response->backip_ip(), "198.51.100.1");
  EXPECT_EQ(response->port(), 8200u);
  EXPECT_TRUE(wait_closed(client));
}

TEST_F(LoginServerTest, a_tls_port_is_told_where_there_is_one) {
  EXPECT_FALSE(get_json("/msg_server").contains("tlsPort"));
  auto without = register_server("msg_server_0");
  EXPECT_FALSE(get_json("/msg_server").contains("tlsPort"));
  EXPECT_FALSE(ask()->has_tls_port());
  IMMsgServInfo changed = info();
  changed.set_tls_port(8202);
  without->send(changed);
  EXPECT_TRUE(until([this] { return get_json("/msg_server").value("tlsPort", "") == "8202"; }));
  EXPECT_EQ(ask()->tls_port(), 8202u);
  EXPECT_EQ(get_json("/api/cluster")["servers"][0]["tls_port"], 8202);
}

TEST_F(LoginServerTest, who_asks_over_tls_is_sent_only_where_there_is_tls) {
  const TlsFiles files;
  config_.tls.files = files.server();
  config_.tls_listen = config_.https_listen = {"127.0.0.1", 0};
  start();
  const auto ask_over_tls = [this] {
    Socket socket(server_->tls_address());
    TlsClient tls;
    const auto exchange = [&] {
      socket.send(tls.said());
      tls.take(socket.receive());
    };
    EXPECT_TRUE(until([&] {
      exchange();
      return tls.open();
    }));
    const SharedBytes question = encode_pdu(IMMsgServReq());
    tls.say({reinterpret_cast<const char*>(question.bytes().data()), question.bytes().size()});
    EXPECT_TRUE(until([&] {
      exchange();
      return tls.received.size() > kPduHeaderSize;
    }));
    IMMsgServRsp answer;
    EXPECT_TRUE(answer.ParseFromString(tls.received.substr(kPduHeaderSize)));
    return answer;
  };
  auto without = register_server("msg_server_0", info(8200, 1'000, 0));
  EXPECT_EQ(ask()->port(), 8200u);
  EXPECT_EQ(ask_over_tls().result_code(), IM::BaseDefine::REFUSE_REASON_NO_MSG_SERVER);
  IMMsgServInfo info_with = info(8210, 1'000, 900);
  info_with.set_tls_port(8212);
  auto with = register_server("msg_server_1", info_with);
  EXPECT_EQ(ask_over_tls().tls_port(), 8212u) << "however full it is";
  EXPECT_EQ(ask()->port(), 8200u);
  info_with.set_draining(true);
  with->send(info_with);
  EXPECT_TRUE(until([&] { return get_json("/api/cluster")["servers"][1]["draining"] == true; }));
  EXPECT_EQ(ask_over_tls().result_code(), IM::BaseDefine::REFUSE_REASON_MSG_SERVER_FULL);
}

TEST_F(LoginServerTest, http_answers_as_the_contract_says) {
  auto peer = register_server("msg_server_0");
  EXPECT_THAT(get("/msg_server"),
              HasSubstr(R"({"code":0,"msg":"","priorIP":"192.0.2.1","backupIP":"198.51.100.1","msfsPrior":"",)"
                        R"("msfsBackup":"","discovery":"http://192.0.2.9/","port":"8200"})"));
}

TEST_F(LoginServerTest, full_and_draining_servers_mean_code_2) {
  auto full = register_server("msg_server_0", info(8200, 10, 10));
  IMMsgServInfo draining = info();
  draining.set_draining(true);
  auto leaving = register_server("msg_server_1", draining);
  EXPECT_EQ(ask()->result_code(), IM::BaseDefine::REFUSE_REASON_MSG_SERVER_FULL);
  EXPECT_EQ(get_json("/msg_server")["code"], 2);
  leaving->send(info());
  settle(*leaving);
  EXPECT_EQ(ask()->result_code(), IM::BaseDefine::REFUSE_REASON_NONE);
}

TEST_F(LoginServerTest, a_server_without_an_address_is_reached_where_the_client_reached_us) {
  IMMsgServInfo nameless = info();
  nameless.set_ip1("");
  nameless.set_ip2("");
  auto peer = register_server("msg_server_0", nameless);
  EXPECT_EQ(ask()->prior_ip(), "127.0.0.1");
  EXPECT_EQ(ask()->backip_ip(), "127.0.0.1");
}

TEST_F(LoginServerTest, a_burst_of_a_thousand_is_spread_evenly) {
  auto first = register_server("msg_server_0", info(8200, 10'000));
  auto second = register_server("msg_server_1", info(8210, 10'000));
  std::map<uint32_t, int> by_port;
  for (int i = 0; i < 500; ++i) {
    const auto response = ask();
    ASSERT_TRUE(response);
    ++by_port[response->port()];
  }
  Socket keep_alive(server_->http_address());
  for (int i = 0; i < 500; ++i) {
    keep_alive.send("GET /msg_server HTTP/1.1\r\n\r\n");
    std::string answer;
    ASSERT_TRUE(until([&] {
      answer += keep_alive.receive();
      return answer.ends_with("}\n");
    }));
    ++by_port[answer.find(R"("port":"8200")") != std::string::npos ? 8200 : 8210];
  }
  EXPECT_NEAR(by_port[8200], 500, 10);
  EXPECT_NEAR(by_port[8210], 500, 10);
}

TEST_F(LoginServerTest, heartbeats_carry_the_load) {
  auto peer = register_server("msg_server_0", info(8200, 100));
  IMHeartBeat heartbeat;
  auto& load = *heartbeat.mutable_load();
  load.set_connections(100);
  load.set_max_connections(100);
  load.set_users(90);
  load.set_draining(false);
  load.set_message_sequence(5);
  peer->send(heartbeat);
  settle(*peer);
  EXPECT_EQ(peer->count<IMHeartBeat>(), 0u) << "not answered";
  EXPECT_EQ(ask()->result_code(), IM::BaseDefine::REFUSE_REASON_MSG_SERVER_FULL);
  EXPECT_EQ(get_json("/api/cluster")["servers"][0]["connections"], 100);
}

TEST_F(LoginServerTest, a_client_that_dribbles_is_closed_at_the_deadline) {
  Peer client(server_->client_address());
  const SharedBytes request = encode_pdu(IMMsgServReq());
  for (size_t i = 0; i < 10; ++i) {
    client.send_raw(request.bytes().subspan(i, 1));
    advance(5'900);
  }
  client.receive();
  EXPECT_FALSE(client.closed());
  advance(2'000);
  EXPECT_TRUE(wait_closed(client));
}

TEST_F(LoginServerTest, only_one_request_is_known_on_the_client_port) {
  Peer client(server_->client_address());
  for (int i = 0; i < 3; ++i) client.send(info());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(wait_for<TbError>(client)->code(), ERROR_UNKNOWN_COMMAND);
  EXPECT_TRUE(wait_closed(client));
}

TEST_F(LoginServerTest, one_client_too_many_is_told_so) {
  config_.client.max_connections = 2;
  Peer first(server_->client_address());
  Peer second(server_->client_address());
  Peer third(server_->client_address());
  EXPECT_EQ(wait_for<IMMsgServRsp>(third)->result_code(), IM::BaseDefine::REFUSE_REASON_MSG_SERVER_FULL);
  EXPECT_TRUE(wait_closed(third));
  first.send(IMMsgServReq());
  EXPECT_EQ(wait_for<IMMsgServRsp>(first)->result_code(), IM::BaseDefine::REFUSE_REASON_NO_MSG_SERVER);
}

// Each connects, and stays without a word: a challenge tells that it has been accepted.
TEST_F(LoginServerTest, strangers_on_the_server_port_lose_places_to_each_other_and_keep_no_msg_server_out) {
  config_.cluster.max_unproven = 2;
  config_.cluster.max_connections = 2;
  auto first_server = register_server("msg_server_0");
  std::vector<std::unique_ptr<Peer>> strangers;
  for (int i = 0; i < 4; ++i) {
    strangers.push_back(std::make_unique<Peer>(server_->cluster_address()));
    ASSERT_TRUE(wait_for<TbChallenge>(*strangers.back()));
  }
  EXPECT_TRUE(wait_closed(*strangers[0]));
  EXPECT_TRUE(wait_closed(*strangers[1]));
  auto second_server = register_server("msg_server_1");
  EXPECT_TRUE(wait_closed(*strangers[2]));
  EXPECT_EQ(get_json("/api/cluster")["servers"].size(), 2u);

  Peer third_server(server_->cluster_address());
  const auto challenge = wait_for<TbChallenge>(third_server);
  ASSERT_TRUE(challenge);
  third_server.send(proof(*challenge, "msg_server_2", 1, key_));
  EXPECT_TRUE(wait_closed(third_server)) << "there are as many msg_servers as there may be";
  strangers[3]->receive();
  EXPECT_FALSE(strangers[3]->closed());
  settle(*first_server);
  settle(*second_server);
}

TEST_F(LoginServerTest, asking_and_not_coming_makes_no_server_look_full) {
  config_.allocation.max_kept_per_address = 5;
  auto small = register_server("msg_server_0", info(8200, 10));
  for (int i = 0; i < 30; ++i) ASSERT_EQ(ask()->result_code(), IM::BaseDefine::REFUSE_REASON_NONE) << i;
  IMHeartBeat full;
  auto& load = *full.mutable_load();
  load.set_connections(10);
  load.set_max_connections(10);
  load.set_users(10);
  load.set_draining(false);
  load.set_message_sequence(0);
  small->send(full);
  settle(*small);
  EXPECT_EQ(ask()->result_code(), IM::BaseDefine::REFUSE_REASON_MSG_SERVER_FULL);
}

TEST_F(LoginServerTest, one_address_cannot_take_all_places) {
  config_.client.max_connections_per_address = 2;
  start();
  Peer first(server_->client_address());
  Peer second(server_->client_address());
  Peer third(server_->client_address());
  EXPECT_EQ(wait_for<IMMsgServRsp>(third)->result_code(), IM::BaseDefine::REFUSE_REASON_MSG_SERVER_FULL);
  EXPECT_TRUE(wait_closed(third));
  first.send(IMMsgServReq());
  EXPECT_EQ(wait_for<IMMsgServRsp>(first)->result_code(), IM::BaseDefine::REFUSE_REASON_NO_MSG_SERVER);
  EXPECT_TRUE(wait_closed(first));
  EXPECT_TRUE(ask());  // in its place

  Socket one(server_->http_address());
  Socket two(server_->http_address());
  EXPECT_THAT(get("/healthz"), HasSubstr("HTTP/1.1 503"));
  one.close();
  EXPECT_TRUE(until([&] { return get("/healthz").find("HTTP/1.1 200") != std::string::npos; }));
}

}  // namespace
}  // namespace talkbeat::login_server_test
