// The push gateway may be away, slow, or wrong: that costs pushes at worst, and never a message.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "tests/scenario/figures.h"
#include "tests/scenario/push_gateway.h"
#include "tests/scenario/push_requests.h"

namespace talkbeat::scenario {
namespace {

using testing::HasSubstr;

struct Setting {
  explicit Setting(const std::vector<std::string>& more = {})
      : cluster({.settings = gateway.settings(more), .users = {"alice", "bob", "carol"}}) {
    alice.log_in("alice");
    bob = user_away(cluster, alice, "bob");
  }
  double count(const std::string& name) const { return figure(cluster, "msg_server_0", "talkbeat_push" + name); }

  PushGateway gateway;
  Cluster cluster;
  WireClient alice{cluster.client_port("msg_server_0")};
  uint32_t bob = 0;
};

std::map<std::string, std::set<std::string>> bodies_by_delivery(const PushGateway& gateway) {
  std::map<std::string, std::set<std::string>> bodies;
  for (const auto& request : gateway.requests()) bodies[request.delivery()].insert(request.body);
  return bodies;
}

TEST(PushGatewayTrouble, pushes_wait_for_a_gateway_that_is_away_and_come_once) {
  Setting setting({"push.max_tries=1000", "push.max_batch=2", "push.max_requests=2"});
  setting.gateway.go_down();
  for (int i = 0; i < 7; ++i) setting.alice.tell(setting.bob, "hello");
  wait_until("it was tried in vain", [&] { return setting.count("_requests_total{outcome=\"failed\"}") >= 4; });
  EXPECT_THAT(setting.cluster.log_of("msg_server_0"), HasSubstr("push_failed"));
  setting.gateway.come_up();
  (void)setting.gateway.expect_push(setting.bob, 7);
  std::multiset<int> ids;
  for (const auto& push : setting.gateway.pushes()) ids.insert(push["msg_id"].get<int>());
  EXPECT_EQ(ids, (std::multiset<int>{1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(setting.count("es_sent_total"), 7);
}

TEST(PushGatewayTrouble, what_it_could_not_take_comes_again_under_the_same_id) {
  Setting setting({"push.max_tries=1000"});
  setting.gateway.answer(503, "", "0");
  setting.alice.tell(setting.bob, "hello");
  wait_until("three tries", [&] { return setting.gateway.requests().size() >= 3; });
  setting.gateway.answer(200);
  (void)setting.gateway.expect_push(setting.bob);
  const auto bodies = bodies_by_delivery(setting.gateway);
  ASSERT_EQ(bodies.size(), 1u);
  EXPECT_EQ(bodies.begin()->second.size(), 1u);
  setting.gateway.answer(429, "", "3600");  // no longer than retry_max
  setting.alice.tell(setting.bob, "hello");
  wait_until("a second delivery", [&] { return bodies_by_delivery(setting.gateway).size() == 2; });
  setting.gateway.answer(200);
  (void)setting.gateway.expect_push(setting.bob, 2);
}

TEST(PushGatewayTrouble, what_it_refuses_is_dropped_and_what_fails_too_often_as_well) {
  Setting setting({"push.max_tries=2"});
  setting.gateway.answer(400);
  setting.alice.tell(setting.bob, "hello");
  wait_until("refused", [&] { return setting.count("es_dropped_total{reason=\"refused\"}") == 1; });
  setting.gateway.answer(500);
  setting.alice.tell(setting.bob, "hello");
  wait_until("given up", [&] { return setting.count("es_dropped_total{reason=\"gave_up\"}") == 1; });
  EXPECT_EQ(setting.gateway.requests().size(), 3u);
  EXPECT_THAT(setting.cluster.log_of("msg_server_0"), HasSubstr("push_refused status=400"));
  setting.gateway.answer(200);
  setting.alice.tell(setting.bob, "hello");
  EXPECT_EQ(setting.gateway.expect_push(setting.bob)["msg_id"], 3);
}

TEST(PushGatewayTrouble, while_it_does_not_answer_messages_go_on_and_the_queue_stays_bounded) {
  Setting setting({"push.max_queued=10", "push.max_batch=1", "push.max_requests=1", "push.timeout=1h"});
  setting.gateway.fall_silent();
  WireClient carol(setting.cluster.client_port("msg_server_1"));
  carol.log_in("carol");
  await_online(setting.alice, carol.user_id());
  for (int i = 0; i < 100; ++i) {
    setting.alice.tell(setting.bob, "hello");
    setting.alice.tell(carol.user_id(), "hello");
    carol.expect<IM::Message::IMMsgData>();
  }
  wait_until("89 pushes are dropped", [&] { return setting.count("es_dropped_total{reason=\"overflow\"}") == 89; });
  EXPECT_EQ(setting.count("es_waiting"), 10);
  EXPECT_EQ(setting.gateway.requests().size(), 1u);
}

TEST(PushGatewayTrouble, devices_that_it_calls_dead_are_forgotten) {
  Setting setting({"push.max_requests=1"});
  const uint32_t carol = user_away(setting.cluster, setting.alice, "carol");
  setting.gateway.answer(200, R"({"invalid_tokens":["token of bob"]})");
  setting.alice.tell(setting.bob, "hello");
  (void)setting.gateway.expect_push(setting.bob);
  size_t rounds = 0;
  wait_until("the device is forgotten", [&] {
    const size_t before = setting.gateway.pushes_for(setting.bob);
    setting.alice.tell(setting.bob, "hello");
    setting.alice.tell(carol, "hello");
    (void)setting.gateway.expect_push(carol, ++rounds);
    return setting.gateway.pushes_for(setting.bob) == before;
  });
  EXPECT_THAT(setting.cluster.log_of("msg_server_0"), HasSubstr("push_device_dead user="));
}

TEST(PushGatewayTrouble, a_server_that_leaves_sends_what_it_has_gathered) {
  Setting setting({"push.gather=60s", "drain.spread=10ms", "drain.timeout=500ms"});
  setting.alice.tell(setting.bob, "hello");
  wait_until("it is gathered", [&] { return setting.count("es_waiting") == 1; });
  setting.cluster.signal("msg_server_0", SIGTERM);
  (void)setting.gateway.expect_push(setting.bob);
  wait_until("it has left", [&] { return !setting.cluster.running("msg_server_0"); });
}

std::string why_it_does_not_start(const std::vector<std::string>& settings) {
  try {
    Cluster cluster({.msg_servers = 1, .settings = settings, .users = {}});
  } catch (const Unexpected& failure) {
    return failure.what();
  }
  return "it has started";
}

TEST(PushGatewayTrouble, a_server_without_the_gateways_key_does_not_start_and_says_why) {
  PushGateway gateway;
  std::filesystem::permissions(gateway.secret_file(), std::filesystem::perms::group_read,
                               std::filesystem::perm_options::add);
  EXPECT_THAT(why_it_does_not_start(gateway.settings()), HasSubstr("chmod 600 " + gateway.secret_file().string()));
  std::filesystem::remove(gateway.secret_file());
  EXPECT_THAT(why_it_does_not_start(gateway.settings()),
              HasSubstr("push.secret_file: " + gateway.secret_file().string()));
}

TEST(PushGatewayTrouble, wrong_settings_are_one_line_and_exit_code_2) {
  const std::vector<std::vector<std::string>> all{
      {"push.url=push.example", "push.url"},         {"push.url=http://push.example/", "push.secret_file"},
      {"push.proxy=nowhere", "push.proxy"},          {"push.quiet_from=24:00", "push.quiet_from"},
      {"push.quiet_until=late", "push.quiet_until"}, {"push.time_zone=Mars/Olympus", "push.time_zone"}};
  for (const auto& each : all) {
    const Outcome outcome = run({programs() / "msg_server", "--set", each[0]});
    EXPECT_EQ(outcome.exit_code, 2) << each[0];
    EXPECT_EQ(lines_of(outcome.err).size(), 1u) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(each[1] + ": "));
  }
}

/// A gateway that speaks TLS, with a certificate that nobody has vouched for but itself.
class TlsGateway {
 public:
  TlsGateway() {
    const Outcome made =
        run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", scratch_.path() / "key.pem",
             "-out", certificate()});
    if (made.exit_code != 0) throw Unexpected("openssl: " + made.err);
    server_ = std::make_unique<Program>(std::vector<std::string>{
        "python3", source_directory() / "tests/scenario/tls_gateway.py", certificate(), scratch_.path() / "key.pem"});
    wait_until("the TLS gateway listens", [&] { return lines_of(server_->written()).size() > 0; });
  }
  std::string certificate() const { return scratch_.path() / "certificate.pem"; }
  std::string url() const { return "https://127.0.0.1:" + lines_of(server_->written())[0] + "/"; }
  std::vector<std::string> bodies() { return lines_of(server_->written()); }

 private:
  ScratchDirectory scratch_;
  std::unique_ptr<Program> server_;
};

TEST(PushGatewayTrouble, over_https_only_a_gateway_whose_certificate_is_vouched_for_is_told) {
  TlsGateway tls;
  {
    Setting setting({"push.url=" + tls.url()});
    setting.alice.tell(setting.bob, "hello");
    wait_until("it was tried", [&] { return setting.count("_requests_total{outcome=\"failed\"}") >= 1; });
    EXPECT_THAT(setting.cluster.log_of("msg_server_0"), HasSubstr("certificate"));
    EXPECT_EQ(tls.bodies().size(), 1u);  // the line with its port
  }
  Setting setting({"push.url=" + tls.url(), "push.ca_file=" + tls.certificate()});
  setting.alice.tell(setting.bob, "hello");
  wait_until("it is told", [&] { return tls.bodies().size() > 1; });
  EXPECT_THAT(tls.bodies()[1], HasSubstr("token of bob"));
}

}  // namespace
}  // namespace talkbeat::scenario
