// talkbeat_sim: whole clusters in simulated time, as many seeds as wanted, each twice.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/mutant.h"
#include "tests/sim/campaign.h"
#include "tests/sim/replay.h"

namespace {

using namespace talkbeat;
using namespace talkbeat::sim;

// What a mistake has to lead to: the check that was made for it is the one that has to see it.
constexpr std::string_view violation_of(Mutant mutant) {
  switch (mutant) {
    case Mutant::kNone:
      return {};
    case Mutant::kAckBeforeCommit:
      return "acked, and not stored";
    case Mutant::kLostReregistration:
      return "a msg_server is wrong about who is online";
    case Mutant::kDoubleDelivery:
      return "stored twice";
    case Mutant::kKickRace:
      return "kicked for a newer login, and there was none";
    case Mutant::kIdReuse:
      return "acked under another msg_id";
    case Mutant::kUnboundedBuffer:
      return "a buffer beyond its bound";
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Simulates TalkBeat clusters: production code on a simulated network, clock and store, with faults drawn "
      "from a seed. Each seed runs twice and has to go the same way.");
  CampaignOptions options;
  uint64_t seed = 0;
  std::string trace;
  bool mutant = false;
  bool once = false;
  bool tell_log = false;
  app.add_option("--seeds", options.seeds, "How many seeds to run")->capture_default_str();
  app.add_option("--first", options.first, "The first of them")->capture_default_str();
  app.add_option("--jobs", options.jobs, "Processes at once")->capture_default_str();
  app.add_flag("--once", once, "Each seed once only");
  app.add_flag("--keep-going", options.keep_going, "Tell of every seed that fails, not only of the first");
  const CLI::Option* one = app.add_option("--seed", seed, "Replay this one, and tell what happened in it");
  app.add_option("--trace", trace, "With --seed: the file for a line an event; -: stdout");
  app.add_flag("--log", tell_log, "With --seed: the processes' own log, of both runs, on stderr");
  app.add_flag("--mutant", mutant, "This program has a seeded mistake: the check for it has to find it");
  CLI11_PARSE(app, argc, argv);

  LogConfig log;
  log.file = tell_log ? "" : "/dev/null";
  log.level = tell_log ? LogLevel::kInfo : LogLevel::kError;
  log.max_per_second = 1'000'000;
  if (tell_log) std::setvbuf(stdout, nullptr, _IOLBF, 0);
  if (!configure_logging(log).ok()) return 2;
  if (one->count() > 0) return replay(seed, trace) ? 0 : 1;
  options.twice = !once;
  if (mutant) {
    if (kMutant == Mutant::kNone) return 2;
    options.twice = options.progress = false;
    options.to_find = violation_of(kMutant);
  }
  return run_campaign(options) ? 0 : 1;
}
