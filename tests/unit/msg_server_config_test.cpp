#include "msg_server/config.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

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
