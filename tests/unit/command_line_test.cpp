#include "base/command_line.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

struct Outcome {
  std::optional<int> exit_code;
  std::string out;
  std::string err;
};

class CommandLine : public testing::Test {
 protected:
  CommandLine() {
    table_.section("client", "Clients");
    table_.integer("limit", limit_, {1, 100}, "connections", "How many.");
  }

  Outcome run(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "server");
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const ServerDescription server{"demo_server", "Shows how it is done.", "demo_server --config conf/demo.toml"};
    const auto exit_code = prepare(static_cast<int>(arguments.size()), arguments.data(), server, table_);
    return {exit_code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
  }

  int limit_ = 10;
  OptionTable table_;
};

TEST_F(CommandLine, without_arguments_the_defaults_hold) {
  const Outcome outcome = run({});
  EXPECT_EQ(outcome.exit_code, std::nullopt);
  EXPECT_EQ(limit_, 10);
  EXPECT_EQ(outcome.out + outcome.err, "");
}

TEST_F(CommandLine, set_may_stand_several_times_and_the_last_one_wins) {
  EXPECT_EQ(run({"--set", "client.limit=7", "--set=client.limit=8"}).exit_code, std::nullopt);
  EXPECT_EQ(limit_, 8);
}

TEST_F(CommandLine, what_is_wrong_is_one_line_on_stderr_and_code_2) {
  for (const std::vector<const char*>& arguments : {std::vector<const char*>{"--nonsense"},
                                                    {"stray"},
                                                    {"--config"},
                                                    {"--config", "/nowhere.toml"},
                                                    {"--set"},
                                                    {"--set", "client.limit=0"},
                                                    {"--set", "x"},
                                                    {"--check-config", "--set", "client.limit=x"},
                                                    {"--conf", "x"}}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments[0];
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(outcome.err.starts_with("demo_server: ")) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  }
  EXPECT_EQ(run({"--set", "client.limit=0"}).err,
            "demo_server: --set client.limit=0: client.limit: 0 is out of range; allowed: 1 to 100 connections\n");
}

TEST_F(CommandLine, help_teaches) {
  const Outcome outcome = run({"--help"});
  EXPECT_EQ(outcome.exit_code, 0);
  for (const char* part : {"Shows how it is done.", "--config FILE", "--set section.key=value", "Examples:", "SIGHUP",
                           "SIGTERM", "Exit codes:", "demo_server --print-config"}) {
    EXPECT_NE(outcome.out.find(part), std::string::npos) << part << "\n" << outcome.out;
  }
}

TEST_F(CommandLine, print_config_shows_what_would_hold) {
  const Outcome outcome = run({"--print-config", "--set", "client.limit=9"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_NE(outcome.out.find("[client]"), std::string::npos);
  EXPECT_NE(outcome.out.find("limit = 9\n"), std::string::npos);
}

TEST_F(CommandLine, version_and_check_config_end_with_0) {
  EXPECT_EQ(run({"--version"}).out, std::string("demo_server ") + TALKBEAT_VERSION + "\n");
  EXPECT_EQ(run({"--check-config"}).exit_code, 0);
}

}  // namespace
}  // namespace talkbeat
