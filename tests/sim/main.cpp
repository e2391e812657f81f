// talkbeat_sim: whole clusters in simulated time, as many seeds as wanted, each twice.

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/log.h"
#include "tests/sim/campaign.h"

namespace {

using namespace talkbeat;
using namespace talkbeat::sim;

int replay(uint64_t seed, bool trace) {
  const Outcome first = simulate(seed, trace);
  std::printf("seed %llu: hash %016llx, %llu steps\n%s", static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(first.hash), static_cast<unsigned long long>(first.steps),
              first.tally.table().c_str());
  if (!first.ok()) std::fputs(report_of(first).c_str(), stdout);
  return first.ok() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Simulates TalkBeat clusters: production code on a simulated network, clock and store, with faults drawn "
      "from a seed. Each seed runs twice and has to go the same way.");
  CampaignOptions options;
  uint64_t seed = 0;
  bool trace = false;
  bool mutant = false;
  bool tell_log = false;
  app.add_option("--seeds", options.seeds, "How many seeds to run")->capture_default_str();
  app.add_option("--first", options.first, "The first of them")->capture_default_str();
  app.add_option("--jobs", options.jobs, "Processes at once")->capture_default_str();
  const CLI::Option* one = app.add_option("--seed", seed, "Replay this one, and tell what happened in it");
  app.add_flag("--trace", trace, "With --seed: a line for every event");
  app.add_flag("--log", tell_log, "With --seed: the processes' own log, on stderr");
  app.add_flag("--mutant", mutant, "This program has a seeded mistake: it is to be found");
  CLI11_PARSE(app, argc, argv);

  LogConfig log;
  log.file = tell_log ? "" : "/dev/null";
  log.level = tell_log ? LogLevel::kInfo : LogLevel::kError;
  log.max_per_second = 1'000'000;
  if (tell_log) std::setvbuf(stdout, nullptr, _IOLBF, 0);
  if (!configure_logging(log).ok()) return 2;
  if (one->count() > 0) return replay(seed, trace);
  if (mutant) options.twice = options.progress = options.table = options.need_all = false;
  return run_campaign(options) != mutant ? 0 : 1;
}
