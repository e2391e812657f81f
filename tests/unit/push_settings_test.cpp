#include <gmock/gmock.h>

#include <fstream>

#include "msg_server/config.h"

namespace talkbeat {
namespace {

using testing::HasSubstr;

class PushSettingsTest : public testing::Test {
 protected:
  std::string refusal(const std::vector<std::string>& settings) {
    const Status status = table.load("", settings);
    return status.ok() ? "" : status.message();
  }

  MsgServerConfig config;
  OptionTable table = describe(config);
};

TEST_F(PushSettingsTest, without_a_url_nothing_is_needed) {
  EXPECT_EQ(refusal({}), "");
  EXPECT_TRUE(config.push.url.empty());
}

TEST_F(PushSettingsTest, a_url_needs_a_key) {
  EXPECT_EQ(refusal({"push.url=https://push.example/v1", "push.secret_file=push.secret"}), "");
  EXPECT_THAT(refusal({"push.url=https://push.example/v1"}), HasSubstr("push.secret_file: is needed"));
}

TEST_F(PushSettingsTest, a_url_or_proxy_that_is_none_is_refused_by_name) {
  for (const std::string url : {"push.example", "ftp://push.example/", "http://", "https://a b/"}) {
    EXPECT_THAT(refusal({"push.secret_file=x", "push.url=" + url}), HasSubstr("push.url")) << url;
    EXPECT_THAT(refusal({"push.proxy=" + url}), HasSubstr("push.proxy")) << url;
  }
}

TEST_F(PushSettingsTest, quiet_hours_are_times_of_day_in_a_zone_that_exists) {
  EXPECT_EQ(refusal({"push.quiet_from=21:30", "push.quiet_until=06:15", "push.time_zone=Europe/Berlin"}), "");
  EXPECT_THAT(refusal({"push.quiet_from=25:00"}), HasSubstr("push.quiet_from: \"25:00\""));
  EXPECT_THAT(refusal({"push.quiet_until=7"}), HasSubstr("push.quiet_until: \"7\""));
  EXPECT_THAT(refusal({"push.time_zone=Mars/Olympus"}), HasSubstr("push.time_zone: \"Mars/Olympus\""));
}

TEST_F(PushSettingsTest, a_mistake_in_a_file_is_told_with_its_line) {
  const std::string path = testing::TempDir() + "push_settings.toml";
  std::ofstream(path) << "[push]\nquiet_from = \"22:00\"\ntime_zone = \"Nowhere\"\n";
  const Status status = table.load(path, {});
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr("push_settings.toml:3: push.time_zone"));
}

TEST_F(PushSettingsTest, what_counts_at_once_can_be_reloaded) {
  const std::string path = testing::TempDir() + "push_reload.toml";
  std::ofstream(path) << "[push]\n";
  ASSERT_TRUE(table.load(path, {}).ok());
  std::ofstream(path) << "[push]\nquiet_from = \"20:00\"\nmax_batch = 7\nwhen_pc_online = true\nurl = \"http://a/\"\n"
                      << "secret_file = \"x\"\n";
  const auto report = table.reload();
  ASSERT_TRUE(report.ok()) << report.message();
  EXPECT_EQ(config.push.quiet_from, "20:00");
  EXPECT_EQ(config.push.max_batch, 7u);
  EXPECT_TRUE(config.push.when_pc_online);
  EXPECT_EQ(config.push.url, "");
  EXPECT_EQ(report.value().needs_restart.size(), 2u);
}

}  // namespace
}  // namespace talkbeat
