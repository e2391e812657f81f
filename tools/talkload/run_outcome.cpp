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

constexpr const char* kRaiseLimits =
    "the notes say why; where it was a limit, start the servers with --set client.message_rate=1000000 --set "
    "client.message_burst=1000000 --set "
    "client.request_rate=1000000 --set client.request_burst=1000000 --set client.max_connections_per_address=100000, "
    "or "
    "ask less of them";

bool recovers(const LoadOptions& options) {
  return options.scenario == ScenarioKind::kReconnect;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::vector<std::string> notes_on(const LoadOptions& options, const RunFigures& figures, const RunWords& words) {
  std::vector<std::string> notes;
  for (const auto& [why, count] : words.troubles) notes.push_back(fmt::format("{} x {}", count, why));
  const double seconds = figures.measured_s() * options.processes;
  if (seconds > 0 && words.load_cpu_s / seconds > kBusy) {
    notes.emplace_back(
        "the load processes were busy all the time: the servers may be faster than this says; try more "
        "--processes");
  }
  if (options.count_syscalls) {
    notes.emplace_back(
        "counting system calls slows servers down: their CPU seconds are higher than without --syscalls");
  }
  if (!recovers(options)) return notes;
  const Counters totals = figures.totals();
  notes.push_back(
      fmt::format("{} times a msg_server was {}", words.disturbances, options.drain ? "drained" : "killed (SIGKILL)"));
  notes.push_back(fmt::format("{} gaps were fetched, {} messages were delivered again on another connection",
                              totals.gaps, totals.pushed_again));
  return notes;
}

std::string meaning_of_fine(const LoadOptions& options, const Counters& totals) {
  if (!options.sends_messages()) return "no connection was lost";
  if (totals.refused == 0) return "every message arrived, once and in order";
  return fmt::format("every message that was acked arrived, once and in order; {} were refused", totals.refused);
}

// What counters alone say against a run.
void judge_counters(const LoadOptions& options, const Counters& totals, std::vector<std::string>& failures) {
  const auto add = [&failures](uint64_t count, const char* what) {
    if (count > 0) failures.push_back(fmt::format("{} {}", count, what));
  };
  if (!recovers(options)) {
    if (totals.refused > 0)
      failures.push_back(fmt::format("{} requests were refused: {}", totals.refused, kRaiseLimits));
    if (options.scenario != ScenarioKind::kLogin) add(totals.closed, "connections were closed");
    if (failures.empty()) add(totals.errors, "things went wrong, as the notes say");
  }
  add(totals.unsent,
      "of the schedule never went: the server, or this load client, is too slow for this --rate; latencies are of the "
      "others");
  if (!options.sends_messages()) return;
  if (totals.sent == 0) failures.emplace_back("nothing was sent");
  if (totals.sent > 0 && totals.delivered == 0) failures.emplace_back("nothing was delivered");
}

void judge_servers(const LoadOptions& options, const RunWords& words, std::vector<std::string>& failures) {
  if (!words.ended.empty()) failures.push_back("servers that run no more: " + joined(words.ended));
  if (!recovers(options)) {
    if (!words.restarted.empty()) failures.push_back("servers that were started anew: " + joined(words.restarted));
  } else if (words.disturbances == 0 && words.interrupted_after_s < 0) {
    failures.emplace_back("no msg_server was taken away: make --duration longer than --every");
  }
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
  const bool clients = o.mixes() || !(o.has_pairs() || o.has_groups());
  if (o.has_pairs())
    add("pairs", o.mixes() ? fmt::format("{} that chat, as many with commands", o.pairs) : std::to_string(o.pairs));
  if (clients) add("clients", fmt::format("{}{}", o.clients, o.mixes() ? " idle" : ""));
  if (o.has_groups()) add("groups", fmt::format("{} of {} members, {} write", o.groups, o.members, o.senders));
  if (o.rate > 0) add("rate", fmt::format("{}/s (open loop)", o.rate));
  if (o.rate <= 0 && o.scenario != ScenarioKind::kIdle) add("window", fmt::format("{} (closed loop)", o.window));
  if (o.sends_messages()) add("size", fmt::format("{} bytes", o.size));
  const bool chosen_elsewhere = o.dir.empty() || o.find_server;
  if (o.has_pairs()) {
    add("placing", chosen_elsewhere ? "where login_servers say"
                   : o.across       ? "across msg_servers"
                                    : "on the same msg_server");
  }
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
  const Counters totals = figures.totals();
  outcome.meaning = meaning_of_fine(options, totals);
  outcome.failures = words.findings;
  const uint64_t wrong = totals.lost + totals.doubled + totals.misordered;
  if (outcome.failures.size() > kMostFailures) outcome.failures.resize(kMostFailures);
  if (wrong > outcome.failures.size()) outcome.failures_left_out = wrong - outcome.failures.size();
  judge_counters(options, totals, outcome.failures);
  judge_servers(options, words, outcome.failures);
  if (!outcome.failures.empty() || wrong > 0) {
    fail(outcome, kExitNotVerified, "not all was as it should be; what is named below");
  }
  if (words.interrupted_after_s >= 0) {
    fail(outcome, kExitInterrupted, fmt::format("interrupted after {:.1f} s: no verdict", words.interrupted_after_s));
  }
  if (options.scenario == ScenarioKind::kLogin && totals.logged_in == 0 && outcome.exit_code != kExitInterrupted) {
    fail(outcome, kExitNoConnection, "nobody could log in");
  }
  if (!words.failure.empty()) fail(outcome, kExitBroken, words.failure);
  outcome.notes = notes_on(options, figures, words);
  return outcome;
}

}  // namespace talkbeat::load
