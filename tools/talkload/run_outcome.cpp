#include "tools/talkload/run_outcome.h"

#include <fmt/format.h>

#include <algorithm>

namespace talkbeat::load {

namespace {

constexpr size_t kMostFailures = 40;
constexpr double kBusy = 0.85;  // of one core

void fail(Outcome& outcome, int exit_code, std::string meaning) {
  outcome.ok = false;
  outcome.exit_code = exit_code;
  outcome.meaning = std::move(meaning);
}

std::vector<std::string> notes_on(const LoadOptions& options, const RunFigures& figures, const RunWords& words) {
  std::vector<std::string> notes;
  bool limited = false;
  for (const auto& [why, count] : words.troubles) {
    notes.push_back(fmt::format("{} x {}", count, why));
    limited = limited || why.find("RATE_LIMITED") != std::string::npos;
  }
  if (limited) {
    notes.emplace_back(
        "the servers' own limits were reached: start them with --set client.message_rate=1000000 --set "
        "client.message_burst=1000000 --set client.request_rate=1000000 --set client.request_burst=1000000");
  }
  const double seconds = figures.measured_s() * options.processes;
  if (seconds > 0 && words.load_cpu_s / seconds > kBusy) {
    notes.emplace_back(
        "the load processes were busy all the time: the servers may be faster than this says; try more "
        "--processes");
  }
  if (options.scenario == ScenarioKind::kReconnect) {
    notes.push_back(fmt::format("{} times a msg_server was {}", words.disturbances,
                                options.drain ? "drained" : "killed (SIGKILL)"));
  }
  return notes;
}

}  // namespace

Work work_of(ScenarioKind scenario) {
  switch (scenario) {
    case ScenarioKind::kLogin:
      return {"logins", &Counters::logged_in, "from connecting to the login's answer"};
    case ScenarioKind::kIdle:
      return {"beats", &Counters::beats, "from a heartbeat to its answer"};
    case ScenarioKind::kGroup:
      return {"deliveries", &Counters::delivered, "from intended send to delivery"};
    case ScenarioKind::kChat:
    case ScenarioKind::kRelay:
    case ScenarioKind::kMixed:
    case ScenarioKind::kReconnect:
    case ScenarioKind::kSoak:
      break;
  }
  return {};
}

RunDescription description_of(const LoadOptions& o, int argc, const char* const* argv) {
  RunDescription run = describe_run(word_for(o.scenario), command_line(argc, argv));
  run.work = work_of(o.scenario);
  const auto add = [&run](const char* name, const std::string& value) { run.options.emplace_back(name, value); };
  const bool pairs =
      o.scenario == ScenarioKind::kChat || o.scenario == ScenarioKind::kRelay || o.scenario == ScenarioKind::kReconnect;
  if (pairs) add("pairs", std::to_string(o.pairs));
  if (!pairs && o.scenario != ScenarioKind::kGroup) add("clients", std::to_string(o.clients));
  if (o.scenario == ScenarioKind::kGroup) {
    add("groups", fmt::format("{} of {} members, {} write", o.groups, o.members, o.senders));
  }
  if (o.rate > 0) add("rate", fmt::format("{}/s (open loop)", o.rate));
  if (o.rate <= 0 && o.scenario != ScenarioKind::kIdle) add("window", fmt::format("{} (closed loop)", o.window));
  if (o.sends_messages()) add("size", fmt::format("{} bytes", o.size));
  if (pairs) add("placing", o.across ? "across msg_servers" : "on the same msg_server");
  if (o.msg_server >= 0) add("msg_server", std::to_string(o.msg_server));
  add("processes", std::to_string(o.processes));
  add("heartbeat", fmt::format("{} ms", o.heartbeat_ms));
  add("warmup", fmt::format("{} ms", o.warmup_ms));
  add("duration", fmt::format("{} ms", o.duration_ms));
  add("seed", std::to_string(o.seed));
  return run;
}

Outcome judge_run(const LoadOptions& options, const RunFigures& figures, const RunWords& words) {
  Outcome outcome;
  outcome.meaning = options.sends_messages() ? "every message arrived, once and in order" : "no connection was lost";
  const Counters totals = figures.totals();
  outcome.failures = words.findings;
  const uint64_t wrong = totals.lost + totals.doubled + totals.misordered;
  if (outcome.failures.size() > kMostFailures) outcome.failures.resize(kMostFailures);
  if (wrong > outcome.failures.size()) outcome.failures_left_out = wrong - outcome.failures.size();
  const bool may_close = options.scenario == ScenarioKind::kReconnect || options.scenario == ScenarioKind::kLogin;
  if (totals.closed > 0 && !may_close) {
    outcome.failures.push_back(fmt::format("{} connections were closed", totals.closed));
  }
  if (!outcome.failures.empty() || wrong > 0) {
    fail(outcome, kExitNotVerified, "not all was as it should be; what is named below");
  }
  if (options.scenario == ScenarioKind::kLogin && totals.logged_in == 0) {
    fail(outcome, kExitNoConnection, "nobody could log in");
  }
  if (!words.failure.empty()) fail(outcome, kExitBroken, words.failure);
  outcome.notes = notes_on(options, figures, words);
  return outcome;
}

}  // namespace talkbeat::load
