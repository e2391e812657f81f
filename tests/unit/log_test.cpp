#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/options.h"

namespace talkbeat {
namespace {

namespace fs = std::filesystem;

/// A log in a directory of its own; the process's log is as before afterwards.
class LogFile : public testing::Test {
 protected:
  LogFile() : directory_(fs::path(testing::TempDir()) / ("log_test_" + std::to_string(getpid()))) {
    config_.file = directory_ / "made" / "server.log";
  }
  ~LogFile() override {
    EXPECT_TRUE(configure_logging(LogConfig{}).ok());
    fs::remove_all(directory_);
  }

  void configure() {
    const Status status = configure_logging(config_);
    ASSERT_TRUE(status.ok()) << status.message();
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> result;
    std::ifstream file(config_.file);
    for (std::string line; std::getline(file, line);) result.push_back(line);
    return result;
  }

  fs::path directory_;
  LogConfig config_;
};

TEST_F(LogFile, an_event_is_one_line_with_time_level_and_fields) {
  configure();
  log_info("client_closed", {{"conn", 17}, {"reason", "silent"}, {"name", "a\nb"}});
  log_error("store_failed");
  ASSERT_EQ(lines().size(), 2u);
  EXPECT_THAT(lines()[0], ::testing::MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z "
                                                  "info  client_closed conn=17 reason=silent name=\"a\\\\nb\""));
  EXPECT_NE(lines()[1].find("Z error store_failed"), std::string::npos);
}

TEST_F(LogFile, info_waits_for_the_end_of_the_turn_and_warn_does_not) {
  configure();
  log_info("one");
  EXPECT_EQ(lines().size(), 0u);
  flush_log();
  EXPECT_EQ(lines().size(), 1u);
  log_info("two");
  log_warn("three");
  EXPECT_EQ(lines().size(), 3u);
}

TEST_F(LogFile, the_level_changes_while_it_runs) {
  configure();
  log_debug("unseen");
  EXPECT_FALSE(log_enabled(LogLevel::kDebug));
  config_.level = LogLevel::kDebug;
  configure();
  log_debug("seen");
  config_.level = LogLevel::kError;
  configure();
  log_warn("unseen");
  flush_log();
  ASSERT_EQ(lines().size(), 1u);
  EXPECT_NE(lines()[0].find("debug seen"), std::string::npos);
}

TEST_F(LogFile, a_flood_is_cut_and_counted_but_errors_stand) {
  config_.max_per_second = 3;
  configure();
  for (int i = 0; i < 100; ++i) log_warn("nuisance", {{"i", i}});
  log_error("real");
  // Unless a window's end fell among them, 3 were written; then at most 6.
  EXPECT_LE(lines().size(), 3u * 2 + 2);
  EXPECT_NE(lines().back().find("error real"), std::string::npos);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (lines().back().find("log_suppressed count=") == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    std::this_thread::yield();
    flush_log();
  }
}

TEST_F(LogFile, rotates_by_size_and_keeps_the_given_number) {
  config_.rotate_size = 1024;
  config_.rotate_keep = 2;
  configure();
  for (int i = 0; i < 100; ++i) log_info("filler", {{"text", std::string(80, 'x')}});
  flush_log();
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory_ / "made")) {
    EXPECT_LE(entry.file_size(), 1024u);
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"server.1.log", "server.2.log", "server.log"}));
}

TEST_F(LogFile, lines_of_several_threads_do_not_mix) {
  config_.max_per_second = 1'000'000;
  configure();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 250; ++i) log_info("from_thread", {{"text", "0123456789"}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  flush_log();
  EXPECT_EQ(lines().size(), 1000u);
  for (const std::string& line : lines()) EXPECT_TRUE(line.ends_with("info  from_thread text=0123456789")) << line;
}

TEST_F(LogFile, a_file_that_cannot_be_opened_is_an_error_and_the_old_log_stays) {
  configure();
  LogConfig broken = config_;
  broken.file = config_.file + "/below_a_file.log";
  const Status status = configure_logging(broken);
  ASSERT_FALSE(status.ok());
  EXPECT_TRUE(status.message().starts_with("log.file: ")) << status.message();
  log_warn("still_here");
  EXPECT_EQ(lines().size(), 1u);
}

TEST(LogOptions, level_and_limit_are_reloadable) {
  LogConfig config;
  OptionTable table;
  describe(table, config);
  ASSERT_TRUE(table.set("log.level=warn").ok());
  EXPECT_EQ(config.level, LogLevel::kWarn);
  EXPECT_FALSE(table.set("log.rotate_size=1").ok());
}

}  // namespace
}  // namespace talkbeat
