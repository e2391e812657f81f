#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/talkload_report_fixture.h"
#include "tools/talkload/figure_text.h"
#include "tools/talkload/progress_line.h"
#include "tools/talkload/report_json.h"
#include "tools/talkload/report_table.h"
#include "tools/talkload/run_description.h"

namespace talkbeat::load {
namespace {

using nlohmann::json;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

using LoadReportTest = ReportFixture;

TEST(FigureText, numbers_have_three_digits_that_count) {
  EXPECT_EQ(three_digits(0), "0");
  EXPECT_EQ(three_digits(0.4217), "0.422");
  EXPECT_EQ(three_digits(1.5), "1.50");
  EXPECT_EQ(three_digits(9.999), "10.0");
  EXPECT_EQ(three_digits(41'203.4), "41,203");
  EXPECT_EQ(three_digits(-2), "-2.00");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'000'000), "1,000,000");
}

TEST(FigureText, units_suit_the_size) {
  EXPECT_EQ(latency_text(870), "870 ns");
  EXPECT_EQ(latency_text(12'345), "12.3 us");
  EXPECT_EQ(latency_text(4'560'000), "4.56 ms");
  EXPECT_EQ(latency_text(61'000'000'000), "61.0 s");
  EXPECT_EQ(memory_text(512), "512 B");
  EXPECT_EQ(memory_text(1536), "1.50 KiB");
  EXPECT_EQ(memory_text(uint64_t{3} << 30), "3.00 GiB");
  EXPECT_EQ(duration_text(59.6), "60 s");
  EXPECT_EQ(duration_text(200), "3 min 20 s");
  EXPECT_EQ(duration_text(7'500), "2 h 5 min");
}

TEST(RunDescriptionTest, the_command_line_can_be_typed_again_and_hides_passwords) {
  const char* arguments[] = {"/x/talkload", "chat", "--prefix",     "it's",
                             "--password",  "a b",  "--password=c", "--passwords"};
  EXPECT_EQ(command_line(8, arguments),
            "talkload chat --prefix 'it'\\''s' --password '***' '--password=***' --passwords");
}

TEST(RunDescriptionTest, says_on_what_machine_and_when) {
  const RunDescription run = describe_run("idle", "talkload idle");
  EXPECT_GE(run.machine.cores, 1);
  EXPECT_GT(run.machine.memory_gib, 0.1);
  EXPECT_THAT(run.machine.kernel, HasSubstr("Linux"));
  EXPECT_THAT(run.started_utc, ContainsRegex("^[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+Z$"));
}

TEST_F(LoadReportTest, json_says_what_was_measured) {
  const json all = json::parse(report_json(report()));
  EXPECT_EQ(all["format"], 1);
  EXPECT_EQ(all["scenario"], "chat");
  EXPECT_EQ(all["options"]["--pairs"], "2");
  EXPECT_EQ(all["outcome"]["ok"], true);
  EXPECT_EQ(all["work"]["counter"], "delivered");
  EXPECT_EQ(all["measured"]["work"], 400'000);
  EXPECT_DOUBLE_EQ(all["measured"]["work_per_s"], 50'000);
  EXPECT_EQ(all["measured"]["counters"]["delivered"], 400'000);
  EXPECT_EQ(all["totals"]["delivered"], 500'000);
  EXPECT_NEAR(all["measured"]["latency"]["p50_ms"], 25, 0.5);
  EXPECT_EQ(all["measured"]["latency"]["max_ms"], 100);
  EXPECT_EQ(all["time_line"].size(), 10U);
  EXPECT_FALSE(all.contains("servers"));
}

TEST_F(LoadReportTest, json_says_what_the_servers_used) {
  const json all = json::parse(report_json(report_with_servers()));
  EXPECT_DOUBLE_EQ(all["servers"]["cpu_s"], 5);
  EXPECT_DOUBLE_EQ(all["servers"]["cpu_s_per_million"], 12.5);
  EXPECT_DOUBLE_EQ(all["servers"]["cores"], 5.0 / 8);
  EXPECT_DOUBLE_EQ(all["servers"]["msg_server_rss_per_connection_bytes"], 700) << "8 connections, 5600 bytes";
  EXPECT_DOUBLE_EQ(all["load"]["cpu_s_per_million"], 5);
  EXPECT_EQ(all["servers"]["each"][1]["name"], "msg_server_0");
  EXPECT_EQ(all["server_series"][0]["samples"].size(), 11U);
  EXPECT_EQ(all["sockets"].size(), 11U);
}

TEST_F(LoadReportTest, json_holds_bytes_that_are_not_utf8_as_well_as_can_be) {
  run_.command_line = "talkload \xff";
  EXPECT_TRUE(json::accept(report_json(report())));
}

TEST_F(LoadReportTest, json_is_written_wholly_or_not_at_all) {
  const std::string path = testing::TempDir() + "talkload_report.json";
  ASSERT_TRUE(write_report(path, "{}\n").ok());
  std::ifstream in(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "{}\n");
  EXPECT_FALSE(std::filesystem::exists(path + ".part"));
  std::filesystem::remove(path);
  const Status status = write_report("/nowhere/at/all.json", "{}");
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr("/nowhere/at/all.json"));
}

TEST_F(LoadReportTest, the_table_says_what_counts) {
  const std::string text = report_table(report_with_servers(), false);
  EXPECT_THAT(text, HasSubstr("chat: 50,000 messages/s over 8.0 s, 400,000 in all"));
  EXPECT_THAT(text, HasSubstr("ok: every message arrived once and in order"));
  EXPECT_THAT(text, ContainsRegex("delivered +400,000 +50,000 +500,000"));
  EXPECT_THAT(text, ContainsRegex("msg_server_0 +4.50 +0.562 +11.2 +8.00 MiB"));
  EXPECT_THAT(text, ContainsRegex("all 2 servers +5.00 +0.625 +12.5"));
  EXPECT_THAT(text, ContainsRegex("load clients +2.00"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b["))) << "no colours unless asked for";
  EXPECT_THAT(text, Not(HasSubstr("doubled"))) << "what is 0 is left out";
  EXPECT_THAT(report_table(report(), true), HasSubstr("\x1b[1;32mok\x1b[0m"));
}

TEST_F(LoadReportTest, the_table_names_what_went_wrong) {
  outcome_ = {.ok = false,
              .exit_code = 1,
              .meaning = "messages were lost",
              .failures = {"pair 3: 17 lost\x1b[2J"},
              .failures_left_out = 1200,
              .notes = {"the load clients had no CPU left"}};
  const std::string text = report_table(report(), false);
  EXPECT_THAT(text, HasSubstr("FAILED: messages were lost\n  pair 3: 17 lost\\x1b[2J\n  … and 1,200 more\n"));
  EXPECT_THAT(text, HasSubstr("the load clients had no CPU left"));
}

TEST_F(LoadReportTest, the_table_shows_syscalls_where_they_were_counted) {
  use_[1].syscalls = {{"read", 1'000}, {"epoll_wait", 3'000}};
  RunReport all = report_with_servers();
  all.syscall_tool = "strace";
  all.work_while_counting = 2'000;
  const std::string text = report_table(all, false);
  EXPECT_THAT(text, ContainsRegex("epoll_wait +3,000 +1.50\nread +1,000 +0.5"));
  EXPECT_THAT(text, HasSubstr("all: 2.00 for each of the messages (counted by strace)"));
}

TEST_F(LoadReportTest, many_servers_are_summed_up) {
  use_.clear();
  for (int i = 0; i < 53; ++i) use_.push_back(use("msg_server_" + std::to_string(i), i));
  const std::string text = report_table(report_with_servers(), false);
  EXPECT_THAT(text, HasSubstr("msg_server_52 "));
  EXPECT_THAT(text, Not(HasSubstr("msg_server_1 ")));
  EXPECT_THAT(text, HasSubstr("all 53 servers"));
}

TEST_F(LoadReportTest, the_progress_line_says_how_it_goes) {
  EXPECT_EQ(progress_text(run_.work, "measuring", figures_, 75),
            "measuring  50,000 messages/s  p50 24.9 ms  p99 97.5 ms  0 problems  75 s left");
  const RunFigures nothing(1, {});
  EXPECT_EQ(progress_text(run_.work, "connecting", nothing, -1), "connecting  0 logged in  0 problems");
}

}  // namespace
}  // namespace talkbeat::load
