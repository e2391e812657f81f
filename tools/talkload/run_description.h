#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "tools/talkload/counters.h"

namespace talkbeat::load {

/// What a scenario is for: what is counted when it says "rate" and "CPU seconds per million".
struct Work {
  std::string unit = "messages";  // of many, lower case
  uint64_t Counters::*counter = &Counters::delivered;
  std::string latency = "from intended send to delivery";  // what the histogram holds; empty: nothing
};

/// The machine that all of it ran on.
struct Machine {
  int cores = 0;
  std::string cpu;
  std::string kernel;
  double memory_gib = 0;

  /// Of this machine; what cannot be read stays empty.
  static Machine read();
};

/// What was run, for whoever reads the figures later and wants them again. A plain value.
///
///   RunDescription run = describe_run("chat", command_line(argc, argv));
///   run.options.emplace_back("--pairs", "1000");
struct RunDescription {
  std::string scenario;
  std::string command_line;
  std::vector<std::pair<std::string, std::string>> options;  // each that counts, also where it is the default
  Work work;
  Machine machine;
  std::string version;
  std::string commit;       // empty where nobody knows
  std::string started_utc;  // 2026-01-31T14:07:00Z
};

/// With machine, version, commit (git's, of the directory that this program lies in) and the time filled in.
RunDescription describe_run(std::string scenario, std::string command_line);

/// As one could type it again in a shell.
std::string command_line(int argc, const char* const* argv);

/// The verdict. What the exit codes say stands in --help.
struct Outcome {
  bool ok = true;
  int exit_code = 0;
  std::string meaning;                // of the exit code, as a sentence: "every message arrived once and in order"
  std::vector<std::string> failures;  // what was lost, doubled, misordered: which message, one line each
  uint64_t failures_left_out = 0;     // more of that kind, where the list would be too long
  std::vector<std::string> notes;     // what a reader of the figures should know: the load client was the limit, say
};

}  // namespace talkbeat::load
