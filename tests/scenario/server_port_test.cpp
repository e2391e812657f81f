// Port B+100 speaks only to who holds the cluster key.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cluster_auth.h"
#include "tests/scenario/figures.h"

namespace talkbeat::scenario {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

ClusterOptions impatient() {
  ClusterOptions options;
  options.settings = {"cluster.handshake_timeout=2s"};
  return options;
}

TbServerAuth proof_for(const std::string& server_nonce, const ClusterKey& key, const std::string& name) {
  const std::string nonce(ClusterAuth::kNonceSize, 'n');
  TbServerAuth proof;
  proof.set_nonce(nonce);
  proof.set_epoch(4711);
  proof.set_name(name);
  proof.set_mac(ClusterAuth(key).prove_msg_server(server_nonce, nonce, 4711, name));
  return proof;
}

TbRelay forged_message(const WireClient& from, const WireClient& to) {
  IM::Message::IMMsgData message;
  message.set_from_user_id(from.user_id());
  message.set_to_session_id(to.user_id());
  message.set_msg_id(1);
  message.set_create_time(1);
  message.set_msg_type(IM::BaseDefine::MSG_TYPE_SINGLE_TEXT);
  message.set_msg_data("forged");
  TbRelay relay;
  relay.add_user_ids(to.user_id());
  relay.set_pdu(encode(message, 1));
  return relay;
}

class A7 : public testing::Test {
 protected:
  A7()
      : cluster(impatient()),
        msg_server_0(cluster, "msg_server_0", "server_link"),
        alice(cluster.client_port("msg_server_0")),
        bob(cluster.client_port("msg_server_1")) {
    alice.log_in("alice");
    bob.log_in("bob");
  }

  uint16_t port() const { return cluster.servers_port("login_server_0"); }

  // Nothing came through, and everything works.
  void expect_nothing_happened() {
    EXPECT_EQ(registered_servers(cluster), 2u);
    EXPECT_EQ(users_online(cluster), 2u);
    EXPECT_THAT(msg_server_0.so_far(), IsEmpty());
    alice.tell(bob.user_id(), "all is well");
    EXPECT_EQ(bob.expect<IM::Message::IMMsgData>().msg_data(), "all is well");
    EXPECT_EQ(bob.waiting<IM::Message::IMMsgData>(), 0u);
  }

  Cluster cluster;
  const Closings msg_server_0;  // of its link to login_server
  WireClient alice;
  WireClient bob;
};

TEST_F(A7, whoever_cannot_prove_the_key_is_refused_and_nothing_is_routed) {
  const Closings closings(cluster, "login_server_0", "server_link");
  const std::string relay = encode(forged_message(alice, bob), 1);
  IM::Server::IMMsgServInfo info;
  info.set_ip1("192.0.2.1");
  info.set_ip2("");
  info.set_port(1);
  info.set_max_conn_cnt(1'000'000);
  info.set_cur_conn_cnt(0);
  info.set_host_name("msg_server_0");
  for (const std::string& speech : {relay, encode(info, 1), encode(IM::Other::IMHeartBeat(), 1)}) {
    WireClient stranger(port());
    stranger.expect<TbChallenge>();
    stranger.send_raw(speech + relay);
    stranger.expect_close();
  }
  closings.await("auth_failed", 3);

  ClusterKey wrong;
  WireClient stranger(port());
  stranger.send(proof_for(stranger.expect<TbChallenge>().nonce(), wrong, "msg_server_0"));
  stranger.send_raw(relay);
  EXPECT_FALSE(stranger.expect<TbServerAuthResult>().accepted());
  stranger.expect_close();

  WireClient random_bytes(port());
  random_bytes.send_raw(std::string(20'000, '\x5a'));
  random_bytes.expect_close();

  WireClient silent(port());
  silent.expect_close();
  closings.await("handshake_timeout", 1);
  EXPECT_THAT(closings.so_far(),
              ElementsAre(Pair("auth_failed", 4), Pair("handshake_timeout", 1), Pair("protocol_error", 1)));
  expect_nothing_happened();
}

TEST_F(A7, a_recorded_handshake_is_worth_nothing) {
  const auto key = ClusterKey::load(cluster.directory() / "cluster.key");
  ASSERT_TRUE(key.ok()) << key.message();
  TbServerAuth proof;
  {
    WireClient real(port());
    proof = proof_for(real.expect<TbChallenge>().nonce(), key.value(), "msg_server_9");
    const auto result = real.ask<TbServerAuthResult>(proof);
    EXPECT_TRUE(result.accepted());
    EXPECT_EQ(result.mac().size(), ClusterAuth::kMacSize);
  }
  WireClient replayed(port());
  replayed.expect<TbChallenge>();
  const uint16_t seq = replayed.send(proof);
  replayed.send_raw(encode(forged_message(alice, bob), 2));
  const auto result = replayed.expect<TbServerAuthResult>(seq);
  EXPECT_FALSE(result.accepted());
  EXPECT_EQ(result.mac(), "");
  replayed.expect_close();
  expect_nothing_happened();

  // A proof covers the name: nobody can claim another one with it.
  WireClient renamed(port());
  proof = proof_for(renamed.expect<TbChallenge>().nonce(), key.value(), "msg_server_9");
  proof.set_name("msg_server_0");
  EXPECT_FALSE(renamed.ask<TbServerAuthResult>(proof).accepted());
  renamed.expect_close();
  expect_nothing_happened();
}

}  // namespace
}  // namespace talkbeat::scenario
