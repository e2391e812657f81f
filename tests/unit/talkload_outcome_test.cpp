#include "tools/talkload/run_outcome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace talkbeat::load {
namespace {

using testing::Contains;
using testing::HasSubstr;

Outcome judged(ScenarioKind scenario, const Counters& totals, const RunWords& words = {}) {
  LoadOptions options;
  options.scenario = scenario;
  RunFigures figures(1, {.begin_s = 0, .end_s = 1});
  figures.add(0, {.at_s = 1, .totals = totals, .latency = {}});
  return judge_run(options, figures, words);
}

TEST(JudgeRun, a_run_in_which_all_arrived_is_fine) {
  const Outcome outcome = judged(ScenarioKind::kChat, {.sent = 5, .acked = 5, .delivered = 5});
  EXPECT_TRUE(outcome.ok);
  EXPECT_EQ(outcome.exit_code, kExitFine);
}

TEST(JudgeRun, each_kind_of_wrong_delivery_fails_it) {
  for (const Counters& wrong : {Counters{.lost = 1}, Counters{.doubled = 1}, Counters{.misordered = 1}}) {
    EXPECT_EQ(judged(ScenarioKind::kChat, wrong).exit_code, kExitNotVerified);
  }
}

TEST(JudgeRun, what_is_not_named_is_counted) {
  const Outcome outcome = judged(ScenarioKind::kChat, {.lost = 30}, {.findings = {"lost: one", "lost: another"}});
  EXPECT_EQ(outcome.failures.size(), 2u);
  EXPECT_EQ(outcome.failures_left_out, 28u);
}

TEST(JudgeRun, closed_connections_fail_it_unless_the_scenario_closes_them) {
  EXPECT_EQ(judged(ScenarioKind::kIdle, {.closed = 3}).exit_code, kExitNotVerified);
  EXPECT_EQ(judged(ScenarioKind::kReconnect, {.closed = 3}).exit_code, kExitFine);
}

TEST(JudgeRun, a_storm_in_which_nobody_got_in_could_not_connect) {
  EXPECT_EQ(judged(ScenarioKind::kLogin, {.refused = 9}).exit_code, kExitNoConnection);
}

TEST(JudgeRun, a_load_process_that_died_outweighs_the_rest) {
  const Outcome outcome = judged(ScenarioKind::kChat, {.lost = 1}, {.failure = "load process 0 has ended by itself"});
  EXPECT_EQ(outcome.exit_code, kExitBroken);
}

TEST(JudgeRun, who_runs_into_the_servers_limits_is_told_how_to_raise_them) {
  const Outcome outcome =
      judged(ScenarioKind::kRelay, {.refused = 7}, {.troubles = {{"refused: ERROR_RATE_LIMITED: too many", 7}}});
  EXPECT_THAT(outcome.notes, Contains(HasSubstr("client.message_rate=1000000")));
}

}  // namespace
}  // namespace talkbeat::load
