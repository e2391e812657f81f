#include "tools/talkload/run_outcome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace talkbeat::load {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr Counters kFine{.sent = 5, .acked = 5, .delivered = 5};

Outcome judged(ScenarioKind scenario, const Counters& totals, const RunWords& words = {}) {
  LoadOptions options;
  options.scenario = scenario;
  RunFigures figures(1, {.begin_s = 0, .end_s = 1});
  figures.add(0, {.at_s = 1, .totals = totals, .latency = {}});
  return judge_run(options, figures, words);
}

TEST(JudgeRun, a_run_in_which_all_arrived_is_fine) {
  const Outcome outcome = judged(ScenarioKind::kChat, kFine);
  EXPECT_TRUE(outcome.ok);
  EXPECT_EQ(outcome.exit_code, kExitFine);
}

TEST(JudgeRun, each_kind_of_wrong_delivery_fails_it) {
  for (const Counters& wrong : {Counters{.lost = 1}, Counters{.doubled = 1}, Counters{.misordered = 1}}) {
    EXPECT_EQ(judged(ScenarioKind::kChat, wrong).exit_code, kExitNotVerified);
  }
}

TEST(JudgeRun, what_is_not_named_is_counted) {
  const Outcome outcome = judged(ScenarioKind::kChat, {.sent = 40, .delivered = 10, .lost = 30},
                                 {.findings = {"lost: one", "lost: another"}});
  EXPECT_EQ(outcome.failures.size(), 2u);
  EXPECT_EQ(outcome.failures_left_out, 28u);
}

TEST(JudgeRun, closed_connections_fail_it_unless_the_scenario_closes_them) {
  EXPECT_EQ(judged(ScenarioKind::kIdle, {.closed = 3}).exit_code, kExitNotVerified);
  EXPECT_EQ(judged(ScenarioKind::kReconnect, {.sent = 5, .delivered = 5, .closed = 3}, {.disturbances = 1}).exit_code,
            kExitFine);
  EXPECT_EQ(judged(ScenarioKind::kLogin, {.logged_in = 3, .closed = 3}).exit_code, kExitFine);
}

TEST(JudgeRun, a_storm_in_which_nobody_got_in_could_not_connect) {
  EXPECT_EQ(judged(ScenarioKind::kLogin, {.refused = 9}).exit_code, kExitNoConnection);
}

TEST(JudgeRun, a_load_process_that_died_outweighs_the_rest) {
  const Outcome outcome = judged(ScenarioKind::kChat, {.lost = 1}, {.failure = "load process 0 has ended by itself"});
  EXPECT_EQ(outcome.exit_code, kExitBroken);
}

TEST(JudgeRun, a_refusal_fails_it_and_the_way_out_is_told) {
  for (const ScenarioKind scenario : {ScenarioKind::kRelay, ScenarioKind::kChat, ScenarioKind::kLogin}) {
    const Outcome outcome = judged(scenario, {.logged_in = 5, .sent = 12, .delivered = 5, .refused = 7});
    EXPECT_EQ(outcome.exit_code, kExitNotVerified);
    EXPECT_THAT(outcome.failures, Contains(HasSubstr("client.message_rate=1000000")));
  }
}

TEST(JudgeRun, where_servers_are_killed_refusals_are_no_failure_and_are_told) {
  const Outcome outcome =
      judged(ScenarioKind::kReconnect, {.sent = 12, .delivered = 5, .refused = 7, .errors = 2}, {.disturbances = 1});
  EXPECT_EQ(outcome.exit_code, kExitFine);
  EXPECT_THAT(outcome.meaning, HasSubstr("7 were refused"));
}

TEST(JudgeRun, errors_fail_a_storm_of_logins) {
  EXPECT_EQ(judged(ScenarioKind::kLogin, {.logged_in = 5, .errors = 1}).exit_code, kExitNotVerified);
}

TEST(JudgeRun, nothing_sent_or_nothing_delivered_is_not_fine) {
  EXPECT_EQ(judged(ScenarioKind::kChat, {}).exit_code, kExitNotVerified);
  EXPECT_EQ(judged(ScenarioKind::kChat, {.sent = 5}).exit_code, kExitNotVerified);
  EXPECT_EQ(judged(ScenarioKind::kIdle, {}).exit_code, kExitFine);
}

TEST(JudgeRun, what_of_the_schedule_never_went_fails_it) {
  const Outcome outcome = judged(ScenarioKind::kChat, {.sent = 5, .delivered = 5, .unsent = 4});
  EXPECT_EQ(outcome.exit_code, kExitNotVerified);
  EXPECT_THAT(outcome.failures, Contains(HasSubstr("4 of the schedule never went")));
}

TEST(JudgeRun, an_interrupted_run_has_no_verdict) {
  const Outcome outcome = judged(ScenarioKind::kChat, kFine, {.interrupted_after_s = 1.25});
  EXPECT_FALSE(outcome.ok);
  EXPECT_EQ(outcome.exit_code, kExitInterrupted);
  EXPECT_THAT(outcome.meaning, HasSubstr("interrupted after 1.2 s"));
}

TEST(JudgeRun, a_server_that_ended_or_was_started_anew_fails_it) {
  const Outcome ended = judged(ScenarioKind::kChat, kFine, {.ended = {"msg_server_0"}});
  EXPECT_EQ(ended.exit_code, kExitNotVerified);
  EXPECT_THAT(ended.failures, Contains(HasSubstr("msg_server_0")));
  EXPECT_EQ(judged(ScenarioKind::kChat, kFine, {.restarted = {"msg_server_0"}}).exit_code, kExitNotVerified);
}

TEST(JudgeRun, reconnect_needs_a_server_that_was_taken_away_and_came_back) {
  const auto exit_code = [](const RunWords& words) { return judged(ScenarioKind::kReconnect, kFine, words).exit_code; };
  EXPECT_EQ(exit_code({.disturbances = 0}), kExitNotVerified);
  EXPECT_EQ(exit_code({.disturbances = 2, .restarted = {"msg_server_0"}}), kExitFine);
  EXPECT_EQ(exit_code({.disturbances = 2, .ended = {"msg_server_0"}}), kExitNotVerified);
}

}  // namespace
}  // namespace talkbeat::load
