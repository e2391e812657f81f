#include "msg_server/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace talkbeat {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

TEST(MsgServerConfig, the_defaults_are_in_range_and_keep_the_rules) {
  MsgServerConfig config;
  OptionTable table = describe(config);
  const Status status = table.load("");
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.message());
}

TEST(MsgServerConfig, the_hard_limit_may_not_be_below_the_soft_one) {
  MsgServerConfig config;
  OptionTable table = describe(config);
  ASSERT_TRUE(table.load("").ok());
  const Status status = table.set("client.out_hard_limit=4096");
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.message().find("client.out_soft_limit"), std::string::npos);
  EXPECT_EQ(config.client.out.hard, size_t{4} << 20);
}

std::string refusal(const std::vector<std::string>& settings) {
  MsgServerConfig config;
  OptionTable table = describe(config);
  const Status status = table.load("", settings);
  return status.ok() ? "" : status.message();
}

TEST(MsgServerConfig, no_more_may_wait_for_a_handshake_than_have_their_turn_in_time) {
  const std::vector<std::string> tls{"tls.certificate=c.pem", "tls.key=k.pem", "tls.handshake_rate=100",
                                     "client.handshake_timeout=5s"};
  const auto with = [&tls](const std::string& waiting) {
    std::vector<std::string> settings = tls;
    settings.push_back("tls.max_waiting=" + waiting);
    return refusal(settings);
  };
  EXPECT_EQ(with("500"), "");
  EXPECT_THAT(with("501"), AllOf(StartsWith("--set tls.max_waiting=501: tls.max_waiting: must not be larger"),
                                 HasSubstr("client.handshake_timeout (500)")));
  EXPECT_EQ(refusal(tls), "") << "a setting that nobody has made";
  EXPECT_EQ(refusal({"tls.max_waiting=1000000"}), "") << "without TLS nobody waits";
}

TEST(MsgServerConfig, what_a_client_may_send_has_to_get_on) {
  EXPECT_THAT(refusal({"client.max_pdu=4KiB"}), HasSubstr("client.max_pdu_before_login"));
  EXPECT_THAT(refusal({"client.max_pdu=2MiB", "store.max_queued_bytes=1MiB"}), HasSubstr("store.max_queued_bytes: "));
  EXPECT_THAT(refusal({"client.max_pdu=16MiB"}), HasSubstr("cluster.max_pdu: "));
  EXPECT_EQ(refusal({"client.max_pdu=16MiB", "cluster.max_pdu=17MiB"}), "");
}

TEST(MsgServerConfig, the_longest_wait_is_not_shorter_than_the_first) {
  EXPECT_THAT(refusal({"cluster.reconnect_max=100ms"}), HasSubstr("cluster.reconnect_max: "));
  EXPECT_THAT(refusal({"push.retry_max=100ms"}), HasSubstr("push.retry_max: "));
  EXPECT_EQ(refusal({"cluster.reconnect_max=500ms", "push.retry_max=1s"}), "");
}

TEST(MsgServerConfig, settings_reach_the_members_that_the_server_reads) {
  MsgServerConfig config;
  OptionTable table = describe(config);
  ASSERT_TRUE(table
                  .load("", std::vector<std::string>{"client.message_rate=7", "client.idle_timeout_mobile=300s",
                                                     "password.failures_per_account=3", "store.max_batch=5",
                                                     "cluster.login_servers=[::1]:1,127.0.0.1:2"})
                  .ok());
  EXPECT_EQ(config.client.message_rate, 7);
  EXPECT_EQ(config.client.idle_timeout_mobile_ms, 300'000);
  EXPECT_EQ(config.password.throttle.failures_per_account, 3);
  EXPECT_EQ(config.store.limits.max_batch, 5u);
  EXPECT_EQ(config.cluster.login_servers.size(), 2u);
}

}  // namespace
}  // namespace talkbeat
